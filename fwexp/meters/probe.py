"""Is the device there? Probed in a subprocess with a time limit, as a probe can hang or abort."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec

from fwexp.config.schema import Config, Hardware
from fwexp.errors import DeviceError
from fwexp.hardware.kind import HardwareKind
from fwexp.hardware.precision import PRECISIONS
from fwexp.hardware.table import HARDWARE
from fwexp.meters.environment import cpu_machine_class

IMPORTS = {"torch": ("torch", "pytorch_lightning"), "tf": ("tensorflow", "keras")}
INSTALL = {"torch": "torch pytorch-lightning", "tf": "tensorflow keras"}


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a probe found."""

    devices: list[str]  # their names
    capability: list[int] | None  # CUDA compute capability, major and minor
    words: str  # for a message


def require_framework(framework: str) -> None:
    """Raise DeviceError, saying what to install, when the framework is missing."""
    missing = [name for name in IMPORTS[framework] if find_spec(name) is None]
    if missing:
        raise DeviceError(
            f"framework={framework} needs {' and '.join(missing)}, not installed here; "
            f"type pip install -c constraints.txt {INSTALL[framework]}"
        )


def machine_class(config: Config) -> str:
    """The machine class on which this configuration would run here: accelerator and host.

    The number of accelerators is part of the configuration: measurements on one and on four are
    of one class. Raises DeviceError, before anything is trained, if a device is missing.
    """
    require_framework(config.framework.name)
    framework, kind = config.framework.name, HARDWARE[config.hardware.name]
    if not kind.probes:
        return cpu_machine_class()
    if framework in kind.builds and (why := kind.builds[framework].why_missing()):
        raise DeviceError(why)
    found = look(framework, kind.name, timeout_s=config.hardware.probe_timeout_s)
    if not found.devices:
        raise DeviceError(_absent(kind, found.words))
    if len(found.devices) < config.hardware.devices:
        raise DeviceError(_too_few(config.hardware, kind, found))
    _require_capability(config.precision.name, kind, found)
    return f"{found.devices[0]}; host {cpu_machine_class()}"


def look(framework: str, hardware: str, *, timeout_s: float) -> Found:
    """What the framework itself sees of this hardware, from a separate process.

    The probe's last line is JSON: the devices' names, and the compute capability of the first.
    """
    kind = HARDWARE[hardware]
    command = [sys.executable, "-c", kind.probes[framework]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return Found(devices=[], capability=None, words=f"no answer within {timeout_s:g} s")
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        complaint = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        return Found(devices=[], capability=None, words=complaint[0][:300])
    try:
        answer = json.loads(lines[-1])
    except json.JSONDecodeError:
        words = f"an answer that is not JSON: {lines[-1][:200]}"
        return Found(devices=[], capability=None, words=words)
    words = f"{framework} sees {len(answer['devices'])} {kind.title}s"
    return Found(devices=answer["devices"], capability=answer["capability"], words=words)


def _absent(kind: HardwareKind, words: str) -> str:
    others = "|".join(name for name in HARDWARE if name != kind.name)
    return (
        f"hardware={kind.name} was asked for but no {kind.title} was found on "
        f"{socket.gethostname()} ({words}). Nothing was trained. On a cluster ask for a "
        f"{kind.title} partition, or choose hardware={others}."
    )


def _too_few(hardware: Hardware, kind: HardwareKind, found: Found) -> str:
    num = len(found.devices)
    there = f"{num} {kind.title}s were" if num > 1 else f"1 {kind.title} was"
    return (
        f"hardware.devices={hardware.devices} was asked for but {there} found on "
        f"{socket.gethostname()} ({found.words}). Nothing was trained. On a cluster ask for more "
        f"per node, or choose hardware.devices={num}."
    )


def _require_capability(precision: str, kind: HardwareKind, found: Found) -> None:
    needed = PRECISIONS[precision].min_capability
    if needed is None or not found.capability or tuple(found.capability) >= needed:
        return
    others = [p.name for p in PRECISIONS.values() if p.min_capability is None]
    allowed = "|".join(name for name in others if name not in kind.refused_precisions)
    raise DeviceError(
        f"precision={precision} needs compute capability {_dotted(needed)} or later; "
        f"{found.devices[0]} has {_dotted(found.capability)}. Nothing was trained. "
        f"Choose precision={allowed}."
    )


def _dotted(capability: Iterable[int]) -> str:
    return ".".join(map(str, capability))
