"""The Keras trainer: what it is set to, what it is given, what it gives back."""

import sys
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from fwexp.trainers import keras_trainer
from fwexp.trainers.devices import keras_arguments
from fwexp.trainers.keras_input import ALIGNMENT, as_tensor
from fwexp.trainers.keras_losses import LOSSES
from fwexp.trainers.keras_optimizers import ArraySchedule
from fwexp.trainers.keras_setup import set_up
from fwexp.trainers.keras_trainer import KerasTrainer
from tests.trainers.either import OfATrainer
from tests.trainers.interrupted import OfAnInterruption
from tests.trainers.recipes import NUM_STEPS, Watch, small_job


class TestKerasTrainerInterrupted(OfAnInterruption):
    framework = "tf"
    trainer = KerasTrainer


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


def planted(monkeypatch, *stand_ins):
    """The calls that these functions of an owner then get, each of which gives a result."""
    called = []

    def stand_in(name, result):
        def call(*arguments, **named):
            called.append((name, *arguments, named))
            return result

        return call

    for owner, name, result in stand_ins:
        monkeypatch.setattr(owner, name, stand_in(name, result))
    return called


THREADS = (  # which TensorFlow lets nobody change once it runs
    (tf.config.threading, "set_intra_op_parallelism_threads", None),
    (tf.config.threading, "set_inter_op_parallelism_threads", None),
)


@pytest.mark.parametrize("devices", [1, 4])
def test_what_a_tpu_receives(monkeypatch, devices):
    """The code path, with stand-ins for the hardware: cores of the local TPU."""
    experimental, distribute = tf.tpu.experimental, tf.distribute
    called = planted(
        monkeypatch,
        *THREADS,
        (distribute.cluster_resolver, "TPUClusterResolver", "resolver"),
        (tf.config, "experimental_connect_to_cluster", None),
        (experimental, "initialize_tpu_system", "topology"),
        (experimental.DeviceAssignment, "build", "cores"),
        (distribute, "TPUStrategy", "strategy"),
    )
    config = small_job("tf", "hardware=tpu", f"hardware.devices={devices}").config
    assert set_up(config, keras_arguments(config)) == "strategy"
    assert called == [
        ("set_intra_op_parallelism_threads", devices, {}),
        ("set_inter_op_parallelism_threads", devices, {}),
        ("TPUClusterResolver", {"tpu": "local"}),
        ("experimental_connect_to_cluster", "resolver", {}),
        ("initialize_tpu_system", "resolver", {}),
        ("build", "topology", {"num_replicas": devices}),
        ("TPUStrategy", "resolver", {"experimental_device_assignment": "cores"}),
    ]


def test_what_several_gpus_receive(monkeypatch):
    """The code path, with stand-ins for the hardware: two of a machine's three GPUs."""
    called = planted(
        monkeypatch,
        *THREADS,
        (tf.config, "list_physical_devices", ["first", "second", "third"]),
        (tf.config, "set_visible_devices", None),
        (tf.distribute, "MirroredStrategy", "strategy"),
    )
    config = small_job("tf", "hardware=gpu", "hardware.devices=2").config
    assert set_up(config, keras_arguments(config)) == "strategy"
    assert called[2:] == [
        ("list_physical_devices", "GPU", {}),
        ("set_visible_devices", ["first", "second"], "GPU", {}),
        ("MirroredStrategy", ["gpu:0", "gpu:1"], {}),
    ]


def test_keras_finds_nothing_to_warn_of():
    trainer = KerasTrainer(small_job("tf"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        trainer.fit(Watch())
        trainer.predict(trainer.recipe.data.test.inputs)


def test_the_step_is_traced_once(monkeypatch):
    """Tracing again for a batch would be charged to TensorFlow's training time."""
    traced = []
    original = keras_trainer.Network.train_step

    def train_step(self, data):
        traced.append(self)
        return original(self, data)

    monkeypatch.setattr(keras_trainer.Network, "train_step", train_step)
    trainer = KerasTrainer(small_job("tf"))
    trainer.fit(Watch(lambda: trainer.predict(trainer.recipe.data.test.inputs)))
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


def test_fp16s_scale_goes_on_where_it_was(tmp_path):
    recipe = small_job("tf", "optimizer=adam", precision="fp16")
    stopped = KerasTrainer(recipe)
    stopped.fit(Watch())
    stopped.model.optimizer.dynamic_scale.assign(2.0**10)  # as after six overflows
    stopped.save(tmp_path)
    resumed = KerasTrainer(recipe)
    resumed.restore(tmp_path)
    scaler = resumed.model.optimizer
    assert int(scaler.step_counter) == int(scaler.inner_optimizer.iterations) == NUM_STEPS
    assert float(scaler.dynamic_scale) == 2.0**10


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
