"""From hardware and precision to the arguments each framework's trainer receives."""

from dataclasses import dataclass
from typing import Any

from fwexp.config.schema import Config
from fwexp.errors import DeviceError
from fwexp.store.record import Effective
from fwexp.trainers.replicas import batch_statistics, num_replicas

LIGHTNING_PRECISION = {
    "fp32": "32-true",
    "tf32": "32-true",
    "bf16": "bf16-mixed",
    "fp16": "16-mixed",
}
KERAS_POLICY = {
    "fp32": "float32",
    "tf32": "float32",
    "bf16": "mixed_bfloat16",
    "fp16": "mixed_float16",
}
TORCH_DEVICE = {"cpu": "cpu", "gpu": "cuda", "tpu": "xla"}
COMPUTE_DTYPE = {"fp32": "float32", "tf32": "float32", "bf16": "bfloat16", "fp16": "float16"}


def lightning_arguments(config: Config, *, dtype: str = "float32") -> dict[str, Any]:
    """The device and precision arguments of pytorch_lightning.Trainer."""
    hardware = config.hardware
    one = "single_xla" if hardware.name == "tpu" else "auto"
    precision = "64-true" if dtype == "float64" else LIGHTNING_PRECISION[config.precision.name]
    return {
        "accelerator": hardware.name,
        "devices": hardware.devices,
        "num_nodes": hardware.nodes,
        "strategy": "ddp" if num_replicas(config) > 1 else one,
        "precision": precision,
    }


@dataclass(frozen=True, kw_only=True)
class KerasArguments:
    """How Keras and TensorFlow are set up before a model is built."""

    strategy: str | None  # None: TensorFlow's default; MirroredStrategy, TPUStrategy
    logical_cpus: int  # into how many devices the CPU is split; 0: it is left whole
    visible_gpus: int  # how many GPUs TensorFlow may see
    tpu_cores: int  # how many of them the TPUStrategy takes; its default is all
    tpu_address: str | None  # of the TPUClusterResolver
    policy: str  # keras.config.set_dtype_policy
    jit_compile: bool
    run_eagerly: bool  # and with anomaly detection: execution=debug


def keras_arguments(config: Config, *, dtype: str = "float32") -> KerasArguments:
    """The strategy, devices and dtype policy for Keras's Model.fit."""
    hardware, devices = config.hardware.name, config.hardware.devices
    several = "MirroredStrategy" if devices > 1 else None
    return KerasArguments(
        strategy="TPUStrategy" if hardware == "tpu" else several,
        logical_cpus=devices if hardware == "cpu" and several else 0,
        visible_gpus=devices if hardware == "gpu" else 0,
        tpu_cores=devices if hardware == "tpu" else 0,
        tpu_address="local" if hardware == "tpu" else None,
        policy="float64" if dtype == "float64" else KERAS_POLICY[config.precision.name],
        jit_compile=False,
        run_eagerly=config.execution.name == "debug",
    )


def requested(config: Config) -> Effective:
    """What the configuration asks for, in the words in which it is read back."""
    assert config.hardware.num_threads is not None  # config/resolve.py
    return Effective(
        device=config.hardware.name,
        compute_dtype=COMPUTE_DTYPE[config.precision.name],
        tf32=config.precision.name == "tf32",
        compiled=False,
        num_threads=config.hardware.num_threads,
        num_replicas=num_replicas(config),
        batch_statistics=batch_statistics(num_replicas(config)),
    )


def check_effective(wanted: Effective, found: Effective) -> None:
    """Raise DeviceError when a framework silently used something else than was asked for."""
    differing = [
        f"{name}: asked for {value}, got {getattr(found, name)}"
        for name, value in vars(wanted).items()
        if getattr(found, name) != value
    ]
    if differing:
        raise DeviceError("the framework did not do what was asked; " + "; ".join(differing))
