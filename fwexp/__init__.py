"""TensorFlow or PyTorch, for this workload, on this hardware? Settled with evidence."""

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fwexp.evidence.frames import read as read

__version__ = "0.1.0"

_PUBLIC = {"read": "fwexp.evidence.frames:read"}  # by name, so that a command imports no pandas


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'fwexp' has no attribute {name!r}")
    return resolve_name(_PUBLIC[name])
