"""The exact device and precision arguments that each framework's trainer receives."""

from dataclasses import replace

import pytest

from fwexp.config.schema import Config, Framework, Hardware, Precision
from fwexp.errors import DeviceError
from fwexp.trainers.devices import (
    KerasArguments,
    check_effective,
    keras_arguments,
    lightning_arguments,
    requested,
)
from fwexp.trainers.protocol import Effective

# What config/rules.py allows, of hardware and precision.
ALLOWED = [
    *[("cpu", "fp32"), ("cpu", "bf16")],
    *[("gpu", "fp32"), ("gpu", "tf32"), ("gpu", "bf16"), ("gpu", "fp16")],
    *[("tpu", "fp32"), ("tpu", "bf16")],
]
LIGHTNING = {"fp32": "32-true", "tf32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}
KERAS = {
    **{"fp32": "float32", "tf32": "float32"},
    **{"bf16": "mixed_bfloat16", "fp16": "mixed_float16"},
}


def config(
    hardware: str, precision: str = "fp32", *, framework: str = "torch", devices: int = 1
) -> Config:
    return Config(
        framework=Framework(name=framework),
        hardware=Hardware(name=hardware, num_threads=2, devices=devices, nodes=1),
        precision=Precision(name=precision),
    )


@pytest.mark.parametrize(("hardware", "precision"), ALLOWED)
def test_lightning(hardware, precision):
    assert lightning_arguments(config(hardware, precision)) == {
        "accelerator": hardware,
        "devices": 1,
        "num_nodes": 1,
        "strategy": {"cpu": "auto", "gpu": "auto", "tpu": "single_xla"}[hardware],
        "precision": LIGHTNING[precision],
    }


@pytest.mark.parametrize(("hardware", "precision"), ALLOWED)
def test_keras(hardware, precision):
    assert keras_arguments(config(hardware, precision)) == KerasArguments(
        strategy={"cpu": None, "gpu": None, "tpu": "TPUStrategy"}[hardware],
        device_type=hardware.upper(),
        num_devices=1,
        logical_cpus=0,
        policy=KERAS[precision],
        jit_compile=False,
        run_eagerly=False,
    )


def test_the_certificate_computes_in_float64():
    assert lightning_arguments(config("cpu", "fp32"), dtype="float64")["precision"] == "64-true"
    assert keras_arguments(config("cpu", "fp32"), dtype="float64").policy == "float64"


@pytest.mark.parametrize(("hardware", "precision"), ALLOWED)
def test_what_is_asked_for(hardware, precision):
    dtypes = {"fp32": "float32", "tf32": "float32", "bf16": "bfloat16", "fp16": "float16"}
    assert requested(config(hardware, precision)) == Effective(
        device=hardware,
        compute_dtype=dtypes[precision],
        tf32=precision == "tf32",
        compiled=False,
        num_threads=2,
        num_interop_threads=2,
        num_replicas=1,
        batch_statistics="whole batch",
    )


@pytest.mark.parametrize("hardware", ["cpu", "gpu"])
def test_several_devices_of_torch(hardware):
    wanted = config(hardware, devices=4)
    wanted.hardware.nodes = 2
    assert lightning_arguments(wanted) == {
        "accelerator": hardware,
        "devices": 4,
        "num_nodes": 2,
        "strategy": "ddp",
        "precision": "32-true",
    }
    asked = requested(wanted)
    assert (asked.num_replicas, asked.batch_statistics) == (8, "per replica")


@pytest.mark.parametrize(
    ("hardware", "strategy", "logical_cpus"),
    [("cpu", "MirroredStrategy", 4), ("gpu", "MirroredStrategy", 0), ("tpu", "TPUStrategy", 0)],
)
def test_several_devices_of_keras(hardware, strategy, logical_cpus):
    found = keras_arguments(config(hardware, framework="tf", devices=4))
    assert found == KerasArguments(
        strategy=strategy,
        device_type=hardware.upper(),
        num_devices=4,
        logical_cpus=logical_cpus,
        policy="float32",
        jit_compile=False,
        run_eagerly=False,
    )


def test_fewer_replicas_than_were_asked_for():
    wanted = requested(config("gpu", devices=2))
    with pytest.raises(DeviceError) as raised:
        check_effective(wanted, replace(wanted, num_replicas=1, batch_statistics="whole batch"))
    assert str(raised.value) == (
        "the framework did not do what was asked; num_replicas: asked for 2, got 1; "
        "batch_statistics: asked for per replica, got whole batch"
    )


def test_a_framework_that_did_as_asked():
    wanted = requested(config("gpu", "tf32"))
    check_effective(wanted, replace(wanted))


def test_a_framework_that_silently_used_something_else():
    wanted = requested(config("gpu", "bf16"))
    found = replace(wanted, device="cpu", compute_dtype="float32", num_threads=8)
    with pytest.raises(DeviceError) as raised:
        check_effective(wanted, found)
    assert str(raised.value) == (
        "the framework did not do what was asked; device: asked for gpu, got cpu; "
        "compute_dtype: asked for bfloat16, got float32; num_threads: asked for 2, got 8"
    )
