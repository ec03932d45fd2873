"""The Keras trainer: what it is set to, what it is given, what it gives back."""

import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from fwexp.trainers import keras as keras_trainer
from fwexp.trainers.devices import keras_arguments
from fwexp.trainers.keras import ALIGNMENT, KerasTrainer, images, set_up
from fwexp.trainers.keras_optimizers import ArraySchedule
from fwexp.trainers.protocol import Effective
from tests.trainers.jobs import NUM_STEPS, Watch, small_job


@pytest.mark.parametrize(("precision", "tf32"), [("tf32", True), ("fp32", False)])
def test_tf32_is_on_or_off(precision, tf32):
    config = small_job("tf", precision=precision).config
    set_up(config, keras_arguments(config))
    assert tf.config.experimental.tensor_float_32_execution_enabled() is tf32


@pytest.mark.parametrize(
    ("precision", "dtype", "policy"),
    [
        ("bf16", "float32", "mixed_bfloat16"),
        ("fp16", "float32", "mixed_float16"),
        ("fp32", "float64", "float64"),
        ("fp32", "float32", "float32"),
    ],
)
def test_dtypes(precision, dtype, policy):
    config = small_job("tf", precision=precision).config
    keras.config.set_image_data_format("channels_first")  # as a user's keras.json may have it
    set_up(config, keras_arguments(config, dtype=dtype))
    assert keras.config.dtype_policy().name == policy
    assert keras.config.floatx() == dtype
    assert keras.config.image_data_format() == "channels_last"


def test_what_a_tpu_receives(monkeypatch):
    """The code path, with stand-ins for the hardware: one core of the local TPU."""
    called = []

    def stand_in(name, result=None):
        def call(*arguments, **named):
            called.append((name, *arguments, named))
            return result

        return call

    experimental, distribute = tf.tpu.experimental, tf.distribute
    for owner, name, result in (
        (distribute.cluster_resolver, "TPUClusterResolver", "resolver"),
        (tf.config, "experimental_connect_to_cluster", None),
        (experimental, "initialize_tpu_system", "topology"),
        (experimental.DeviceAssignment, "build", "one core"),
        (distribute, "TPUStrategy", "strategy"),
    ):
        monkeypatch.setattr(owner, name, stand_in(name, result))
    config = small_job("tf", "hardware=tpu").config
    assert set_up(config, keras_arguments(config)) == "strategy"
    assert called == [
        ("TPUClusterResolver", {"tpu": "local"}),
        ("experimental_connect_to_cluster", "resolver", {}),
        ("initialize_tpu_system", "resolver", {}),
        ("build", "topology", {"num_replicas": 1}),
        ("TPUStrategy", "resolver", {"experimental_device_assignment": "one core"}),
    ]


def test_a_fit():
    job = small_job("tf", "optimizer=adam")
    trainer = KerasTrainer(job)
    watch = Watch()
    trainer.fit(watch)
    assert watch.before == watch.after == list(range(NUM_STEPS))
    assert len(trainer.losses()) == NUM_STEPS
    assert {"head.kernel/m", "head.kernel/v"} <= trainer.state().keys()
    wanted = {"device": "cpu", "tf32": False, "compiled": False, "num_threads": 1}
    assert trainer.effective() == Effective(**wanted, compute_dtype="float32")


def test_the_step_is_traced_once(monkeypatch):
    """Tracing again for a batch would be charged to TensorFlow's training time."""
    traced = []
    original = keras_trainer.Network.train_step

    def train_step(self, data):
        traced.append(self)
        return original(self, data)

    monkeypatch.setattr(keras_trainer.Network, "train_step", train_step)
    trainer = KerasTrainer(small_job("tf"))
    trainer.fit(Watch(trainer.test_logits))
    assert len(traced) == 1


def test_bf16_is_seen_where_the_step_computed():
    trainer = KerasTrainer(small_job("tf", precision="bf16"))
    trainer.fit(Watch())
    assert trainer.effective().compute_dtype == "bfloat16"
    assert trainer.test_logits().dtype == np.float32


def test_fp16_scales_the_loss_from_torchs_scale_on():
    trainer = KerasTrainer(small_job("tf", "optimizer=adam", precision="fp16"))
    before = trainer.state()
    scaler = trainer.model.optimizer
    assert isinstance(scaler, keras.optimizers.LossScaleOptimizer)
    assert (scaler.initial_scale, scaler.dynamic_growth_steps) == (2.0**16, 2000)
    trainer.fit(Watch())
    after = trainer.state()
    assert all(np.isfinite(value).all() for value in after.values())
    assert not np.array_equal(before["head.kernel"], after["head.kernel"])


def test_it_starts_from_the_jobs_weights():
    job = small_job("tf")
    for name, value in KerasTrainer(job).state().items():
        if "/" not in name:
            assert np.array_equal(value, job.weights[name].astype(np.float32)), name


def test_an_evaluation_changes_nothing(monkeypatch):
    monkeypatch.setattr(keras_trainer, "EVALUATION_BATCH", 7)
    job = small_job("tf")
    trainer = KerasTrainer(job)
    before = trainer.state()
    parts = trainer.test_logits()
    assert parts.shape == (len(job.data.x_test), 10)
    monkeypatch.setattr(keras_trainer, "EVALUATION_BATCH", 1000)
    assert parts == pytest.approx(trainer.test_logits(), abs=1e-6)
    assert all(np.array_equal(before[name], value) for name, value in trainer.state().items())


def test_the_batches_are_the_order():
    job = small_job("tf")
    found = list(KerasTrainer(job).batches())
    assert len(found) == NUM_STEPS
    for (x, y), rows in zip(found, job.order, strict=True):
        assert np.array_equal(x, job.data.x_train[rows])
        assert np.array_equal(y, job.data.y_train[rows])


def test_draining_takes_time():
    assert 0 < KerasTrainer(small_job("tf")).drain(NUM_STEPS) < 1


@pytest.mark.parametrize("num_samples", [1, 3, 1000])
def test_images_are_an_aligned_copy(num_samples):
    x = np.random.default_rng(0).normal(size=(num_samples, 3, 5, 1)).astype(np.float32)
    for dtype in ("float32", "float64"):
        tensor = images(x, dtype)
        assert tensor.dtype == dtype
        assert np.array_equal(tensor.numpy(), x.astype(dtype))
        shared = np.asarray(memoryview(tensor))  # tensor.numpy() would be a copy
        assert shared.__array_interface__["data"][0] % ALIGNMENT == 0
    before = images(x, "float32")
    old = x.copy()
    x[:] = 0
    assert np.array_equal(before.numpy(), old)


def test_the_learning_rate_is_taken_by_the_step_whole():
    rates = np.random.default_rng(0).uniform(size=4)
    schedule = ArraySchedule(rates)
    assert [float(schedule(step)) for step in range(4)] == rates.tolist()


def test_torch_is_not_here():
    assert "torch" not in sys.modules
