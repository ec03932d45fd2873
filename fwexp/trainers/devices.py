"""From hardware and precision to the arguments that each framework's trainer receives."""

from dataclasses import dataclass
from typing import Any

from fwexp.config.schema import Config
from fwexp.errors import DeviceError
from fwexp.hardware.precision import PRECISIONS
from fwexp.hardware.table import HARDWARE
from fwexp.store.record import Effective
from fwexp.trainers.replicas import batch_statistics, num_replicas


def lightning_arguments(config: Config, *, dtype: str = "float32") -> dict[str, Any]:
    """The device and precision arguments of pytorch_lightning.Trainer."""
    hardware, kind = config.hardware, HARDWARE[config.hardware.name]
    precision = PRECISIONS[config.precision.name].lightning
    return {
        "accelerator": kind.lightning_accelerator,
        "devices": hardware.devices,
        "num_nodes": hardware.nodes,
        "strategy": "ddp" if num_replicas(config) > 1 else kind.lightning_strategy,
        "precision": "64-true" if dtype == "float64" else precision,
    }


@dataclass(frozen=True, kw_only=True)
class KerasArguments:
    """How Keras and TensorFlow are set up before a model is built."""

    strategy: str | None  # None: TensorFlow's default; MirroredStrategy, TPUStrategy
    device_type: str  # in TensorFlow's words
    num_devices: int  # of that type, for TensorFlow to use
    logical_cpus: int  # into how many devices the CPU is split; 0: it is left whole
    policy: str  # keras.config.set_dtype_policy
    jit_compile: bool
    run_eagerly: bool  # with anomaly detection: execution=debug


def keras_arguments(config: Config, *, dtype: str = "float32") -> KerasArguments:
    """The strategy, devices and dtype policy for Keras's Model.fit."""
    kind, devices = HARDWARE[config.hardware.name], config.hardware.devices
    policy = PRECISIONS[config.precision.name].keras_policy
    return KerasArguments(
        strategy=kind.keras_strategy or ("MirroredStrategy" if devices > 1 else None),
        device_type=kind.device_types["tf"],
        num_devices=devices,
        logical_cpus=devices if devices > 1 and not kind.is_accelerator else 0,
        policy="float64" if dtype == "float64" else policy,
        jit_compile=False,
        run_eagerly=config.execution.name == "debug",
    )


def requested(config: Config) -> Effective:
    """What the configuration asks for, in the words in which it is read back."""
    assert config.hardware.num_threads is not None  # config/resolve.py
    precision = PRECISIONS[config.precision.name]
    return Effective(
        device=config.hardware.name,
        compute_dtype=precision.compute_dtype,
        tf32=precision.tf32,
        compiled=False,
        num_threads=config.hardware.num_threads,
        num_interop_threads=config.hardware.num_threads,
        num_replicas=num_replicas(config),
        batch_statistics=batch_statistics(num_replicas(config)),
    )


def check_effective(wanted: Effective, found: Effective) -> None:
    """Raise DeviceError when a framework silently used something other than what was asked for."""
    differing = [
        f"{name}: asked for {value}, got {getattr(found, name)}"
        for name, value in vars(wanted).items()
        if getattr(found, name) != value
    ]
    if differing:
        raise DeviceError("the framework did not do what was asked; " + "; ".join(differing))
