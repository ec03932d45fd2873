"""What the tests of tracking share: quick commands, a service, a simulated sweep."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fwexp.store.store import Store
from fwexp.tracking.wandb import mirror
from tests.tracking import simulated
from tests.tracking.service import Service, serve
from tests.tracking.simulated import simulated_store
from tests.tracking.warm import run_warm

SHORT_WAITS = [sys.executable, "-m", "tests.tracking.short_waits"]


@pytest.fixture(autouse=True)
def quick_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "run_command", run_warm)
    monkeypatch.setattr(simulated, "FWEXP", [*SHORT_WAITS, "fwexp"])


@pytest.fixture
def quick_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "MIRROR", [*SHORT_WAITS, mirror.MIRROR[-1]])


@pytest.fixture
def service() -> Iterator[Service]:
    with serve() as service:
        yield service


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return simulated_store(tmp_path / "store")
