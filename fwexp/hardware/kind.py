"""What fwexp knows about one kind of hardware."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Build:
    """The special build a framework needs to use the hardware."""

    packages: tuple[str, ...]  # any one of them brings it
    why_missing: Callable[[], str]  # what is needed and what was found; empty: it is installed


@dataclass(frozen=True, kw_only=True)
class HardwareKind:
    """One entry of the table in table.py; frameworks are "torch" and "tf"."""

    name: str  # as typed in hardware=…
    title: str  # as readers know it
    is_accelerator: bool  # replicas are devices of this kind; otherwise they share the CPU
    device_types: Mapping[str, str]  # framework → the name it has for such a device

    lightning_accelerator: str
    lightning_strategy: str = "auto"  # on one device
    torch_backend: str = "gloo"  # of torch.distributed
    torch_is_lazy: bool = False  # it computes nothing until a step is marked as finished
    why_one_torch_device: str = ""  # why several are refused; empty: they are not

    keras_strategy: str | None = None  # on one device too; None: only several need one, mirrored
    tf_takes_all: bool = False  # TensorFlow uses every such device unless it is hidden

    refused_precisions: Mapping[str, str] = field(default_factory=dict)  # name → why

    probes: Mapping[str, str] = field(default_factory=dict)  # framework → a script; see probe.py
    builds: Mapping[str, Build] = field(default_factory=dict)  # framework → what it needs

    # How a run learns of other processes that use the hardware while it trains.
    metering: Literal["cores", "nvidia-smi", "none"]
    # Which part of the machine's hardware this process was assigned; empty: all of it.
    assigned: Callable[[], str]
