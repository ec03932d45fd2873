"""`fwexp doctor`: what is installed, which devices and data sets are here, how to get the rest."""

import argparse
import platform
from importlib.metadata import PackageNotFoundError, version

from fwexp.config.choices import find_folders
from fwexp.config.load import compose
from fwexp.config.paths import conf_dir
from fwexp.data.presence import Status, status
from fwexp.errors import DeviceError
from fwexp.hardware.kind import HardwareKind
from fwexp.hardware.table import HARDWARE
from fwexp.meters.environment import cpu_machine_class
from fwexp.meters.probe import look, require_framework

PACKAGES = (
    "torch",
    "pytorch-lightning",
    "tensorflow",
    "keras",
    "hydra-core",
    "omegaconf",
    "wandb",
    "numpy",
)
PROBE_TIMEOUT_S = 60.0


def command(argv: list[str]) -> int:
    """Print a line per check: 0 when both frameworks can run here."""
    parser = argparse.ArgumentParser(prog="fwexp doctor", description=__doc__)
    parser.parse_args(argv)
    print(f"fwexp {_version('fwexp')}, Python {platform.python_version()}")
    print(f"machine      {cpu_machine_class()}")
    for package in PACKAGES:
        print(f"  {package:<18} {_version(package)}")
    sound = [_frameworks(name) for name in ("torch", "tf")]
    print("devices      (asking each framework, a few seconds)", flush=True)
    _devices([name for name, fine in zip(("torch", "tf"), sound, strict=True) if fine])
    print("data sets")
    for name in find_folders(conf_dir(), config_dirs=[]).options("data"):
        _say_data(status(compose([f"data={name}"]).data))
    return 0 if all(sound) else 1


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "MISSING"


def _frameworks(framework: str) -> bool:
    try:
        require_framework(framework)
    except DeviceError as error:
        print(f"  {error}")
        return False
    return True


def _devices(frameworks: list[str]) -> None:
    for kind in HARDWARE.values():
        if not kind.probes:
            print(f"  {kind.name:<18} yes, for both")
        for framework in (name for name in frameworks if name in kind.probes):
            print(f"  {kind.name} for {framework:<11} {_seen(kind, framework)}", flush=True)


def _seen(kind: HardwareKind, framework: str) -> str:
    build = kind.builds.get(framework)
    if build is not None and build.why_missing():
        packages = " or ".join(build.packages)
        return f"none (its {kind.title} build, {packages}, is not installed)"
    found = look(framework, kind.name, timeout_s=PROBE_TIMEOUT_S)
    return ", ".join(found.devices) or f"none ({found.words})"


def _say_data(found: Status) -> None:
    if found.cached is not None:
        print(f"  {found.name:<18} ready, from {found.cached.source}")
        return
    print(f"  {found.name:<18} not decoded yet; a run's first step fetches and decodes it")
    for label, state in found.sources.items():
        print(f"    {label}: {state.where} {state.detail}".rstrip())
    for advice in found.advice:
        print(f"    type {advice}")
