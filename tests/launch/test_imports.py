"""How often an import is timed: as often as declared, less what is known."""

from pathlib import Path

import pytest

from fwexp.launch import imports as module
from fwexp.launch.imports import time_imports
from fwexp.launch.launcher import MissingRun
from fwexp.launch.plan import Plan
from fwexp.processes.warm_servers import WarmServers
from fwexp.store.store import Store
from tests.tiny import tiny_plan

BOTH = ["torch", "tf"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def servers(tmp_path: Path) -> WarmServers:
    """Quick to import: what they import is beside the point."""
    return WarmServers({"torch": ["json"], "tf": ["csv"]}, logs=tmp_path / "logs")


def missing(plan: Plan) -> dict[str, MissingRun]:
    return {run.run_id: MissingRun(run=run, replaces=None) for run in plan.runs}


def test_as_often_as_declared_with_the_servers_own(store: Store, servers: WarmServers) -> None:
    plan = tiny_plan("comparison.num_imports=3", in_store=store.path, framework=BOTH)
    said: list[str] = []
    found = time_imports(plan, missing(plan), servers, store, say=said.append)
    assert {framework: len(seconds) for framework, seconds in found.items()} == {
        "torch": 2,
        "tf": 2,
    }
    assert all(0 < s < 5 for seconds in found.values() for s in seconds)
    assert said[:3] == [
        "importing tf again (1 of 2)",
        "importing tf again (2 of 2)",
        "importing torch again (1 of 2)",
    ]


def test_only_for_frameworks_that_have_runs_to_do(store: Store, servers: WarmServers) -> None:
    plan = tiny_plan("comparison.num_imports=2", in_store=store.path, framework=BOTH)
    todo = {k: m for k, m in missing(plan).items() if m.run.config.framework.name == "tf"}
    assert list(time_imports(plan, todo, servers, store, say=lambda _: None)) == ["tf"]
    assert time_imports(plan, {}, servers, store, say=lambda _: None) == {}


def test_those_in_the_store_count(
    store: Store, servers: WarmServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = tiny_plan("comparison.num_imports=4", in_store=store.path)
    monkeypatch.setattr(module, "_num_recorded", lambda *_: 2)
    found = time_imports(plan, missing(plan), servers, store, say=lambda _: None)
    assert len(found["torch"]) == 1
    monkeypatch.setattr(module, "_num_recorded", lambda *_: 9)
    assert time_imports(plan, missing(plan), servers, store, say=lambda _: None) == {}
