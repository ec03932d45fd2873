"""The Keras trainer: what it is set to, what it is given, what it gives back."""

import sys
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from fwexp.trainers import keras as keras_trainer
from fwexp.trainers.devices import keras_arguments
from fwexp.trainers.keras import ALIGNMENT, KerasTrainer, as_tensor, set_up
from fwexp.trainers.keras_losses import LOSSES
from fwexp.trainers.keras_optimizers import ArraySchedule
from tests.trainers.either import OfATrainer
from tests.trainers.jobs import Watch, small_job


class TestKerasTrainer(OfATrainer):
    framework = "tf"
    module = keras_trainer
    trainer = KerasTrainer
    tensor = staticmethod(ops.convert_to_tensor)
    losses = LOSSES


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


def test_keras_finds_nothing_to_warn_of():
    trainer = KerasTrainer(small_job("tf"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        trainer.fit(Watch())
        trainer.predict(trainer.job.data.test.inputs)


def test_the_step_is_traced_once(monkeypatch):
    """Tracing again for a batch would be charged to TensorFlow's training time."""
    traced = []
    original = keras_trainer.Network.train_step

    def train_step(self, data):
        traced.append(self)
        return original(self, data)

    monkeypatch.setattr(keras_trainer.Network, "train_step", train_step)
    trainer = KerasTrainer(small_job("tf"))
    trainer.fit(Watch(lambda: trainer.predict(trainer.job.data.test.inputs)))
    assert len(traced) == 1


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


@pytest.mark.parametrize("num_samples", [1, 3, 1000])
def test_images_are_an_aligned_copy(num_samples):
    x = np.random.default_rng(0).normal(size=(num_samples, 3, 5, 1)).astype(np.float32)
    for dtype in ("float32", "float64"):
        tensor = as_tensor(x, dtype)
        assert tensor.dtype == dtype
        assert np.array_equal(tensor.numpy(), x.astype(dtype))
        shared = np.asarray(memoryview(tensor))  # tensor.numpy() would be a copy
        assert shared.__array_interface__["data"][0] % ALIGNMENT == 0
    before = as_tensor(x, "float32")
    old = x.copy()
    x[:] = 0
    assert np.array_equal(before.numpy(), old)


@pytest.mark.parametrize("kind", ["int32", "int64"])
def test_whole_numbers_keep_their_type(kind):
    numbers = np.arange(12, dtype=kind).reshape(4, 3)
    tensor = as_tensor(numbers, "float64")
    assert tensor.dtype == kind
    assert np.array_equal(tensor.numpy(), numbers)


def test_the_learning_rate_is_taken_by_the_step_whole():
    rates = np.random.default_rng(0).uniform(size=4)
    schedule = ArraySchedule(rates)
    assert [float(schedule(step)) for step in range(4)] == rates.tolist()


def test_torch_is_not_here():
    assert "torch" not in sys.modules
