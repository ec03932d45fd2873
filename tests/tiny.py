"""Tiny runs of digits, and warm servers that the whole test session shares."""

import atexit
import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self
from unittest import mock

from fwexp.config.schema import Config
from fwexp.data.preparation import prepare
from fwexp.launch.combine import resolved
from fwexp.launch.plan import Plan
from fwexp.launch.planning import plan_runs
from fwexp.launch.servers import framework_servers
from fwexp.processes.warm_servers import WarmServers

ROOT = Path(__file__).parents[1]
TINY = [
    "data=digits",
    "model=mlp",
    "model.options.width=8",
    "training.num_epochs=null",
    "training.num_steps=6",
    "hardware.num_threads=1",
    "comparison.num_imports=1",
    "tracking=none",
]
FRAGILE = [*TINY, "model.implementation=tests.fragile"]


def tiny_config(*overrides: str) -> Config:
    return resolved([*TINY, *overrides])


def tiny_plan(
    *overrides: str, in_store: Path, base: Sequence[str] = TINY, **axes: Sequence[object]
) -> Plan:
    """A plan of the axes' combinations; one torch run of seed 0 without any."""
    chosen = {"seed": [0], **axes}
    return plan_runs(
        {key: [f"{key}={value}" for value in values] for key, values in chosen.items()},
        [*base, f"store={in_store}", *overrides],
        name="tiny",
        title="Tiny",
        command="fwexp sweep tiny",
    )


@cache
def session_variables() -> dict[str, str]:
    """A data cache of the session's own that holds digits, and locks that nobody else has."""
    variables = {name: str(_session_folder()) for name in ("FWEXP_DATA", "FWEXP_LOCKS")}
    with mock.patch.dict(os.environ, variables):
        prepare(tiny_config().data, say=lambda _: None)
    return variables


@cache
def warm_servers() -> WarmServers:
    """Both frameworks, imported once for all tests."""
    servers = framework_servers(["torch", "tf"], logs=_session_folder())
    with mock.patch.dict(os.environ, session_variables()):
        servers.__enter__().wait_ready()
    atexit.register(servers.__exit__)
    return servers


class SharedServers:
    """Stands in for framework_servers where a driver would start and end its own."""

    def __init__(self, frameworks: list[str], **_: Any) -> None:
        self.frameworks = frameworks

    def __enter__(self) -> WarmServers | Self:
        return warm_servers() if self.frameworks else self

    def wait_ready(self) -> None:
        assert not self.frameworks

    def __exit__(self, *_: object) -> None:
        pass


def _session_folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="fwexp-tests-")
    atexit.register(folder.cleanup)
    return Path(folder.name)
