"""One run, from its request to its record, by a trainer that has no framework."""

import json
import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

from fwexp.errors import LaterVersionError
from fwexp.runs import execute as module
from fwexp.runs import recipe as job
from fwexp.runs import timing as timing_module
from fwexp.runs.execute import record_crash
from fwexp.runs.timing import Timing
from fwexp.store.migrations import SCHEMA
from fwexp.store.record import Memory, Phases
from fwexp.tasks.classification import Classification
from tests.runs.stand_in import NUM_WRONG, Harness

LOSS = math.log(9 + math.e) - 0.9  # of ten logits one is 1; of 36 in 360 samples it is another's


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(tmp_path, monkeypatch)


def test_a_done_run_leaves_its_record_whole(harness: Harness) -> None:
    record = harness.execute()
    assert (record.status, record.failure) == ("done", None)
    assert record.metric == Classification.metric
    assert record.score == 1 - NUM_WRONG / 360
    last = record.evaluations[-1].scores
    assert last == {"accuracy": record.score, "loss": pytest.approx(LOSS)}
    assert (record.unit, record.units_per_s) == ("images", record.samples_per_s)
    assert record.phases is not None
    assert record.samples_per_s == pytest.approx(3 * 64 / record.phases.steady_s)
    assert (record.num_steps, record.num_first_steps) == (6, 3)
    assert record.num_parameters == 64 * 8 + 8 + 8 * 8 + 8 + 8 * 10 + 10
    assert record.data_wait_ms_per_step == 6
    assert record.environment.commit == "abc"
    assert set(record.hashes) == {"initial_weights", "order", "learning_rates"}
    assert [e.step for e in record.evaluations] == [0, 6]
    assert isinstance(record.memory, Memory)
    assert record.memory.import_rss_mib == 400
    assert record.import_s == 3


def test_speed_is_told_in_the_tasks_own_unit(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tokens(Classification):
        """Which counts seven for a sample."""

        unit = "tokens"

        def __init__(self, _: object) -> None:
            pass

        def num_units(self, targets: NDArray[Any]) -> int:
            assert targets.shape == (3 * 64,)  # of the steady steps
            return 7 * len(targets)

    monkeypatch.setattr(job, "make_task", Tokens)
    record = harness.execute()
    assert record.samples_per_s is not None
    assert record.unit == "tokens"
    assert record.units_per_s == pytest.approx(7 * record.samples_per_s)


def test_the_phases_add_up_to_no_more_than_the_total(harness: Harness) -> None:
    phases = harness.execute().phases
    assert isinstance(phases, Phases)
    parts = asdict(phases)
    total_s = parts.pop("total_s")
    assert all(value >= 0 for value in parts.values())
    assert 0 < sum(parts.values()) <= total_s


def test_the_history_has_an_entry_a_step(harness: Harness) -> None:
    harness.execute()
    history = harness.run_folder.read_history()
    assert history is not None
    assert {name: len(series) for name, series in vars(history).items()} == {
        "loss": 6,
        "step_s": 6,
        "learning_rate": 6,
    }


def test_the_driver_hears_of_the_first_step(harness: Harness) -> None:
    harness.execute()
    assert harness.events[0] == {"event": "progress", "step": 1, "num_steps": 6}


@pytest.mark.parametrize(
    ("effective", "words"),
    [
        ({"num_threads": 2}, "num_threads: asked for 1, got 2"),
        ({"device": "gpu", "tf32": True}, "device: asked for cpu, got gpu; tf32: asked for False"),
    ],
)
def test_what_differs_from_the_request_fails_the_run(
    harness: Harness, effective: dict[str, object], words: str
) -> None:
    harness.give(**effective)
    record = harness.execute()
    assert record.status == "failed"
    assert record.failure is not None
    assert record.failure.kind == "DeviceError"
    assert record.failure.message.startswith("the framework did not do what was asked; " + words)
    assert record.effective is not None
    assert record.effective.device == effective.get("device", "cpu")
    assert (record.metric, record.score, record.unit, record.units_per_s) == (None,) * 4


def test_a_training_loss_that_is_no_number_fails_the_run(harness: Harness) -> None:
    harness.give(losses={3: math.nan, 4: math.inf})
    record = harness.execute()
    assert record.failure is not None
    assert (record.failure.kind, record.failure.message) == (
        "ArithmeticError",
        "the training loss is nan at step 3; try a smaller optimizer.learning_rate",
    )
    assert not (harness.folder / "history.json").exists()


@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_test_loss_that_is_no_number_fails_the_run(harness: Harness) -> None:
    harness.give(logits=math.inf)
    record = harness.execute()
    assert record.failure is not None
    assert record.failure.message == (
        "the test loss is nan at step 0; try a smaller optimizer.learning_rate"
    )


def test_a_run_that_is_done_is_not_run_again(harness: Harness) -> None:
    harness.execute()
    harness.execute()
    assert harness.num_trainings == 1


def test_a_failed_run_is_run_again_only_where_that_failure_is_to_be_replaced(
    harness: Harness,
) -> None:
    harness.give(num_threads=2)
    failed_at = harness.execute().finished_at
    harness.execute()
    harness.execute(replaces="2026-01-01T00:00:00+00:00")  # another driver's retry has failed since
    assert harness.num_trainings == 1
    harness.give()
    assert harness.execute(replaces=failed_at).status == "done"
    assert harness.num_trainings == 2


def test_a_torn_record_is_run_again_and_takes_nothing_over(harness: Harness) -> None:
    harness.folder.mkdir(parents=True)
    (harness.folder / "record.json").write_text('{"run_id": ')
    (harness.folder / "history.json").write_text("[1, 2")
    harness.give(num_threads=2)
    assert harness.execute().status == "failed"
    assert not (harness.folder / "history.json").exists()


def test_a_record_of_a_later_version_is_left_as_it_is(harness: Harness) -> None:
    harness.execute()
    file = harness.run_folder.record_file
    file.write_text(json.dumps(json.loads(file.read_text()) | {"schema": SCHEMA + 1}))
    later = file.read_bytes()
    with pytest.raises(LaterVersionError):  # the harness's own look at it
        harness.execute()
    assert (file.read_bytes(), harness.num_trainings) == (later, 1)


def test_the_wait_for_a_lock_counts_for_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing_module.time, "monotonic", lambda: 112.0)
    timing = Timing(dispatched_at=100.0, import_s=0.0, import_rss_mib=0.0, left_out_s=9.0)
    assert timing.since_dispatch_s() == 3.0


def test_started_at_is_after_the_wait_for_a_lock(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    real_hold, real_now = module.hold, module._now
    monkeypatch.setattr(module, "hold", lambda path, **_: order.append("lock") or real_hold(path))
    monkeypatch.setattr(module, "_now", lambda: order.append("now") or real_now())
    harness.execute()
    assert order == ["lock", "lock", "now", "now"]


def test_a_crash_gets_a_record_with_the_end_of_its_log(harness: Harness) -> None:
    harness.folder.mkdir(parents=True)
    (harness.folder / "log.txt").write_text("Fatal Python error: Aborted\n")
    record_crash(harness.request(signal="SIGABRT"), {"import_s": 3.0}, lambda _: None)
    failure = harness.record().failure
    assert failure is not None
    assert failure.kind == "Crash"
    assert failure.message == f"its process was killed by SIGABRT; see {harness.folder / 'log.txt'}"
    assert failure.traceback == "Fatal Python error: Aborted"


def test_a_crash_takes_no_done_run_away(harness: Harness) -> None:
    harness.execute()
    record_crash(harness.request(signal="SIGABRT"), {"import_s": 3.0}, lambda _: None)
    assert harness.record().status == "done"


def test_the_request_is_kept_beside_the_record(harness: Harness) -> None:
    harness.execute()
    kept = json.loads((harness.folder / "config.json").read_text())
    assert kept == harness.request()["config"]


def test_a_record_is_no_older_than_its_run(harness: Harness) -> None:
    before = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    record = harness.execute()
    assert before <= record.started_at[:19] <= record.finished_at[:19]
    assert record.finished_at.endswith("+00:00")
