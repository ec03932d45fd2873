"""The Keras trainer: what it is set to, what it is given, what it gives back."""

import sys
import warnings
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from fwexp.tasks import TASKS, make_task
from fwexp.tasks.numerics import binary_cross_entropy, cross_entropy
from fwexp.trainers import keras as keras_trainer
from fwexp.trainers.devices import keras_arguments
from fwexp.trainers.keras import ALIGNMENT, KerasTrainer, as_tensor, set_up
from fwexp.trainers.keras_losses import LOSSES
from fwexp.trainers.keras_optimizers import ArraySchedule
from fwexp.trainers.protocol import Effective
from tests.trainers.jobs import (
    ALL_LABELS,
    CLICK_LOSS,
    CLICKED,
    CLICKS,
    IGNORING,
    LOGITS,
    MASKED_LOSS,
    NUM_STEPS,
    WHOLE_LOSS,
    Watch,
    paired,
    small_job,
)


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


def test_bf16_is_seen_where_the_step_computed():
    trainer = KerasTrainer(small_job("tf", precision="bf16"))
    trainer.fit(Watch())
    assert trainer.effective().compute_dtype == "bfloat16"
    assert trainer.predict(trainer.job.data.test.inputs).dtype == np.float32


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
    parts = trainer.predict(job.data.test.inputs)
    assert parts.shape == (len(job.data.test), 10)
    monkeypatch.setattr(keras_trainer, "EVALUATION_BATCH", 1000)
    assert parts == pytest.approx(trainer.predict(job.data.test.inputs), abs=1e-6)
    assert all(np.array_equal(before[name], value) for name, value in trainer.state().items())


def test_the_batches_are_the_order():
    job = small_job("tf")
    found = list(KerasTrainer(job).batches())
    assert len(found) == NUM_STEPS
    for (inputs, targets), rows in zip(found, job.order, strict=True):
        assert list(inputs) == ["x"]
        assert np.array_equal(inputs["x"], job.data.train.inputs["x"][rows])
        assert np.array_equal(targets, job.data.train.targets[rows])


def test_several_inputs_keep_their_names_their_order_and_their_types():
    job = replace(paired(small_job("tf")), dtype="float64")
    (inputs, targets), *_ = KerasTrainer(job).batches()
    assert list(inputs) == ["x", "tokens"]
    types = [array.dtype for array in (*inputs.values(), targets)]
    assert types == [np.float64, np.int32, np.int64]
    for name, array in job.data.train.inputs.items():
        assert np.array_equal(inputs[name], array[job.order[0]])


def test_any_samples_can_be_predicted():
    job = small_job("tf")
    trainer = KerasTrainer(job)
    whole = trainer.predict(job.data.test.inputs)
    some = {"x": job.data.test.inputs["x"][[4, 2]]}
    assert trainer.predict(some) == pytest.approx(whole[[4, 2]], abs=1e-6)
    same = {"x": job.data.test.inputs["x"].copy()}
    assert np.array_equal(trainer.predict(same), whole)


def test_a_test_set_of_another_shape_is_predicted_anew():
    """The test inputs lie ready as tensors; a slice of them is no longer they."""
    job = small_job("tf")
    trainer = KerasTrainer(job)
    first = job.data.test.first(3)
    assert trainer.predict(first.inputs).shape == (3, 10)


def test_the_losses_are_the_mean_over_the_labels_that_count():
    logits, labels = (ops.convert_to_tensor(a) for a in (LOGITS, ALL_LABELS))
    ignoring = ops.convert_to_tensor(IGNORING)
    whole = float(LOSSES["cross_entropy"](logits, labels))
    masked = float(LOSSES["masked_cross_entropy"](logits, ignoring))
    assert whole == pytest.approx(WHOLE_LOSS, rel=1e-8)
    assert masked == pytest.approx(MASKED_LOSS, rel=1e-14)
    assert masked == pytest.approx(cross_entropy(LOGITS, IGNORING), rel=1e-14)


def test_the_loss_of_clicks_is_the_mean_over_them():
    logits, labels = (ops.convert_to_tensor(a) for a in (CLICKS, CLICKED))
    loss = float(LOSSES["binary_cross_entropy"](logits, labels))
    assert loss == pytest.approx(CLICK_LOSS, rel=1e-14)
    assert loss == pytest.approx(binary_cross_entropy(CLICKS[:, 0], CLICKED), rel=1e-14)


def test_squared_errors_are_the_mean_over_all_values():
    outputs, targets = (
        ops.convert_to_tensor(a) for a in ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 4.0]])
    )
    assert float(LOSSES["mean_squared_error"](outputs, targets)) == (4 + 9) / 4


def test_every_tasks_loss_is_here():
    sizes = {"sequence_length": 3, "target_length": 2, "vocabulary_size": 4}
    data = replace(small_job("tf").config.data, **sizes, num_users=5, num_items=6)
    assert {make_task(replace(data, task=name)).loss for name in TASKS} <= set(LOSSES)


def test_draining_takes_time():
    assert 0 < KerasTrainer(small_job("tf")).drain(NUM_STEPS) < 1


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
