"""A run with execution=debug: eager, and it stops where the first number is none."""

from pathlib import Path

import pytest

from fwexp.errors import ConfigError
from fwexp.launch import drive as module
from fwexp.launch.drive import drive
from fwexp.launch.launcher import missing_runs
from fwexp.launch.plan import Plan
from fwexp.launch.planning import plan_run
from fwexp.store.record import RunRecord
from fwexp.store.store import Store
from tests.tiny import SharedServers, tiny_config, tiny_plan

DEBUG = "execution=debug"
DIVERGES = ("optimizer=sgd", "optimizer.learning_rate=1e30")


def run(store: Path, monkeypatch: pytest.MonkeyPatch, *overrides: str) -> RunRecord:
    monkeypatch.setattr(module, "framework_servers", SharedServers)
    planned = plan_run(tiny_config(DEBUG, f"store={store}", *overrides))
    plan = Plan(name="one", title="", command="", machine_class="here", blocks=[[planned]])
    drive(plan, Store(store), missing_runs(plan, Store(store), retry=False), compare=False)
    record = Store(store).read_record("here", planned.run_id)
    assert record is not None
    return record


@pytest.mark.parametrize("framework", ["torch", "tf"])
def test_it_trains(framework: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = run(tmp_path, monkeypatch, f"framework={framework}")
    assert (record.status, record.num_steps) == ("done", 6)


@pytest.mark.parametrize(
    ("framework", "words"),
    [("torch", "returned nan values in its 0th output"), ("tf", "Inf")],
)
def test_the_operation_that_made_no_number_is_named(
    framework: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = run(tmp_path, monkeypatch, f"framework={framework}", *DIVERGES)
    assert record.failure is not None
    assert record.failure.kind != "ArithmeticError"  # fwexp's look, after the training
    assert words in record.failure.message


def test_a_sweep_has_no_place_for_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        tiny_plan(DEBUG, in_store=tmp_path)
    assert str(raised.value) == (
        "execution=debug is for single runs: its times mean nothing; leave it out of a sweep."
    )
