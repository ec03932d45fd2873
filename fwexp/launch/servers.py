"""The warm servers that runs and certificates are made in: one per framework."""

from collections.abc import Iterable
from pathlib import Path

from fwexp.processes.warm_servers import WarmServers
from fwexp.trainers.registry import TRAINERS

SHARED = [
    "fwexp.runs.execute",
    "fwexp.parity.capture",
    "fwexp.parity.replay",
]  # what every server has imported


def framework_servers(frameworks: Iterable[str], *, logs: Path) -> WarmServers:
    """Servers by framework, each with its trainer imported."""
    modules = {name: [TRAINERS[name].partition(":")[0], *SHARED] for name in frameworks}
    return WarmServers(modules, logs=logs)
