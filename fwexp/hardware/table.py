"""Every kind of hardware by name; a new one is a file here and a line below."""

from fwexp.hardware.cpu import CPU
from fwexp.hardware.gpu import GPU
from fwexp.hardware.kind import HardwareKind
from fwexp.hardware.tpu import TPU

HARDWARE: dict[str, HardwareKind] = {kind.name: kind for kind in (CPU, GPU, TPU)}


def hardware_of(device_type: str, *, framework: str) -> str:
    """The hardware to which a framework's device type belongs; the type itself if to none."""
    kinds = (k.name for k in HARDWARE.values() if k.device_types.get(framework) == device_type)
    return next(kinds, device_type)
