"""Is the device there? Asked in a subprocess with a time-out: a look can hang or abort."""

import json
import socket
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from fwexp.config.schema import Config, Hardware
from fwexp.errors import DeviceError
from fwexp.meters.environment import cpu_machine_class

IMPORTS = {"torch": ("torch", "pytorch_lightning"), "tf": ("tensorflow", "keras")}
INSTALL = {"torch": "torch pytorch-lightning", "tf": "tensorflow keras"}
ASK = {  # each prints one JSON line: the devices' names, and the compute capability of the first
    ("torch", "gpu"): """
import json, torch
n = torch.cuda.device_count()
print(json.dumps({"devices": [torch.cuda.get_device_name(i) for i in range(n)],
                  "capability": list(torch.cuda.get_device_capability(0)) if n else None}))
""",
    ("tf", "gpu"): """
import json, tensorflow as tf
gpus = [tf.config.experimental.get_device_details(g)
        for g in tf.config.list_physical_devices("GPU")]
print(json.dumps({"devices": [g.get("device_name", "GPU") for g in gpus],
                  "capability": list(gpus[0].get("compute_capability", ())) if gpus else None}))
""",
    ("torch", "tpu"): """
import json, importlib.util
if importlib.util.find_spec("torch_xla"):
    import torch_xla.core.xla_model as xm
    devices = [str(d) for d in xm.get_xla_supported_devices("TPU") or []]
else:
    import torch, torch_tpu
    devices = [f"tpu:{i}" for i in range(torch.tpu.device_count())]
print(json.dumps({"devices": devices, "capability": None}))
""",
    ("tf", "tpu"): """
import json, tensorflow as tf
resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu="local")
tf.config.experimental_connect_to_cluster(resolver)
tf.tpu.experimental.initialize_tpu_system(resolver)
devices = [d.name for d in tf.config.list_logical_devices("TPU")]
print(json.dumps({"devices": devices, "capability": None}))
""",
}


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a look for a device saw."""

    devices: list[str]
    capability: list[int] | None  # CUDA compute capability, major and minor
    words: str  # for a message


def require_framework(framework: str) -> None:
    """Raise DeviceError, saying what to install, when the framework is not there."""
    missing = [name for name in IMPORTS[framework] if find_spec(name) is None]
    if missing:
        raise DeviceError(
            f"framework={framework} needs {' and '.join(missing)}, not installed here; "
            f"type pip install -c constraints.txt {INSTALL[framework]}"
        )


def machine_class(config: Config) -> str:
    """The machine class this configuration would run on here: accelerator and host.

    How many of the accelerators a run takes is the configuration's: what was measured on one and
    on four is of one class. Raises DeviceError, and nothing has been trained, when a device is
    not to be had.
    """
    require_framework(config.framework.name)
    hardware = config.hardware.name
    if hardware == "cpu":
        return cpu_machine_class()
    if hardware == "tpu":
        _require_tpu_build(config.framework.name)
    found = look(config.framework.name, hardware, timeout_s=config.hardware.probe_timeout_s)
    if not found.devices:
        raise DeviceError(_absent(hardware, found.words))
    if len(found.devices) < config.hardware.devices:
        raise DeviceError(_too_few(config.hardware, found))
    _require_capability(config.precision.name, found)
    return f"{found.devices[0]}; host {cpu_machine_class()}"


def look(framework: str, hardware: str, *, timeout_s: float) -> Found:
    """What the framework itself sees of this hardware, from a process of its own."""
    command = [sys.executable, "-c", ASK[framework, hardware]]
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
        words = f"an answer that is none: {lines[-1][:200]}"
        return Found(devices=[], capability=None, words=words)
    words = f"{framework} sees {len(answer['devices'])} {hardware.upper()}s"
    return Found(devices=answer["devices"], capability=answer["capability"], words=words)


def _absent(hardware: str, words: str) -> str:
    name = hardware.upper()
    others = {"gpu": "cpu|tpu", "tpu": "cpu|gpu"}[hardware]
    return (
        f"hardware={hardware} was asked for but no {name} was found on {socket.gethostname()} "
        f"({words}). Nothing was trained. On Slurm ask for a {name} partition, "
        f"or choose hardware={others}."
    )


def _too_few(hardware: Hardware, found: Found) -> str:
    num, name = len(found.devices), hardware.name.upper()
    there = f"{num} {name}s were" if num > 1 else f"1 {name} was"
    return (
        f"hardware.devices={hardware.devices} was asked for but {there} found on "
        f"{socket.gethostname()} ({found.words}). Nothing was trained. On Slurm ask for more a "
        f"node, or choose hardware.devices={num}."
    )


def _require_tpu_build(framework: str) -> None:
    if framework == "torch":
        has_xla = find_spec("torch_xla") is not None
        has_tpu = find_spec("torch_tpu") is not None and find_spec("libtpu") is not None
        if not (has_xla or has_tpu):
            raise DeviceError(
                "framework=torch hardware=tpu needs torch_xla 2.9 with torch 2.9, or torch_tpu + "
                f"libtpu (torch 2.11-2.15); found torch {version('torch')} and neither."
            )
        return
    try:
        version("tensorflow-tpu")
    except PackageNotFoundError:
        raise DeviceError(
            f"framework=tf hardware=tpu: this TensorFlow ({version('tensorflow')}) has no TPU "
            "kernels; tensorflow-tpu with a matching libtpu is needed."
        ) from None


def _require_capability(precision: str, found: Found) -> None:
    if precision in ("bf16", "tf32") and found.capability and found.capability[0] < 8:
        capability = ".".join(map(str, found.capability))
        raise DeviceError(
            f"precision={precision} needs compute capability 8.0 or later; "
            f"{found.devices[0]} has {capability}. Nothing was trained. Choose precision=fp32|fp16."
        )
