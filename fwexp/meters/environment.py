"""A run's machine and software."""

import os
import platform
import socket
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fwexp.config.resolve import usable_cores
from fwexp.identity.variables import ARITHMETIC

PACKAGES = (
    "fwexp",
    "torch",
    "pytorch-lightning",
    "tensorflow",
    "keras",
    "numpy",
    "hydra-core",
)
VECTOR = (  # x86's, then ARM's
    *("amx", "avx", "bmi", "f16c", "fma", "sse", "ssse", "vnni"),
    *("asimd", "bf16", "i8mm", "sme", "sve"),
)
# Prefixes narrow enough to match no secrets: the record may be published.
STEERING = (
    *ARITHMETIC,
    *("CUDA_", "KERAS_", "KMP_", "MKL_", "OMP_", "PYTORCH_", "TF_GPU_", "TF_NUM_", "TF_XLA_"),
    *("TORCH_", "XLA_"),
)


def cpu_model() -> str:
    """The processor's name according to Linux."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()  # some architectures have no model name


def instruction_sets() -> list[str]:
    """The processor's vector instructions according to Linux; libraries choose kernels by them."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        title, _, words = line.partition(":")
        if title.strip() in ("flags", "Features"):
            return sorted(word for word in words.split() if word.startswith(VECTOR))
    return []


def cpu_machine_class() -> str:
    """CPU model and cores; times are compared only within one class."""
    cores = usable_cores()
    return f"{cpu_model()}, {cores} core{'s' if cores > 1 else ''}"


def versions() -> dict[str, str]:
    """The versions of the installed packages that can change a run, by name."""
    return {name: found for name in PACKAGES if (found := _version(name)) is not None}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@dataclass(kw_only=True)
class Environment:
    """What a record's reader may want to know about the run's machine and software."""

    host: str
    node: str | None  # the scheduler's name for it, in a job
    cpu: str
    num_cores: int
    os: str
    python: str
    versions: dict[str, str]
    variables: dict[str, str]
    commit: str | None = None  # fwexp's


def environment(*, commit: str | None = None) -> Environment:
    """This process's."""
    return Environment(
        host=socket.gethostname(),
        node=os.environ.get("FWEXP_NODE"),
        cpu=cpu_model(),
        num_cores=usable_cores(),
        os=platform.platform(),
        python=platform.python_version(),
        versions=versions(),
        variables=steering_variables(),
        commit=commit,
    )


def steering_variables() -> dict[str, str]:
    """The environment variables that steer a framework past the configuration."""
    return {name: os.environ[name] for name in sorted(os.environ) if name.startswith(STEERING)}


def commit() -> str | None:
    """fwexp's git commit, with "+" if the tree differs from it; None outside a checkout."""
    folder = Path(__file__).resolve().parents[2]
    if not (folder / ".git").exists():
        return None
    git = ["git", "-C", str(folder)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True)
        dirty = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True)
    except FileNotFoundError:
        return None  # no git on this machine
    if head.returncode != 0:
        return None
    return head.stdout.strip()[:12] + ("+" if dirty.stdout else "")
