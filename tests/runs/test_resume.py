"""A run that a signal stops or a kill ends, and the one that goes on from what it had saved."""

import json
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fwexp.processes.messages import STOPS, Interrupted
from fwexp.runs import attempt as attempt_module
from fwexp.store.checkpoint import has_checkpoint
from fwexp.store.record import History, RunRecord
from tests.runs.stand_in import Harness

OFTEN = "training.evaluate_every_epochs=0.1"  # after every second of the six steps
Begin = Callable[..., Harness]


@pytest.fixture(autouse=True)
def blocked() -> Iterator[None]:
    """As a warm server leaves them to its children."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    yield
    take_signals()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Begin:
    return lambda *overrides: Harness(tmp_path, monkeypatch, *overrides)


def take_signals() -> None:
    """The next process has none pending."""
    while signal.sigtimedwait(STOPS, 0):
        pass


def ask_to_stop() -> None:
    signal.raise_signal(signal.SIGUSR2)


class Killed(BaseException):
    """As SIGKILL: nothing of the run's own gets a turn."""


def kill() -> None:
    raise Killed


def interrupt(harness: Harness, words: str, **planted: Any) -> None:
    """An attempt that a signal stops with these words."""
    harness.give(**planted)
    with pytest.raises(Interrupted) as raised:
        harness.execute()
    assert str(raised.value) == words
    assert not (harness.folder / "record.json").exists()
    take_signals()
    harness.give()


def history(harness: Harness) -> History:
    found = harness.run_folder.read_history()
    assert found is not None
    return found


def losses_and_evaluations(harness: Harness, record: RunRecord) -> tuple[Any, ...]:
    tests = [(e.step, e.scores) for e in record.evaluations]
    return history(harness).loss, tests


def assert_as_undisturbed(harness: Harness, record: RunRecord) -> None:
    """Done, and its series are those of a run that was left alone; no checkpoint is left."""
    assert (record.status, record.failure) == ("done", None)
    assert not (harness.folder / "checkpoint").exists()
    found = losses_and_evaluations(harness, record)
    assert len(history(harness).step_s) == 6
    shutil.rmtree(harness.folder)
    assert found == losses_and_evaluations(harness, harness.execute())


def test_a_stopped_run_goes_on_where_it_was(begin: Begin, capfd: Any) -> None:
    harness = begin()
    interrupt(harness, "stopped by SIGUSR2 after step 3", during={3: ask_to_stop})
    assert has_checkpoint(harness.run_folder.checkpoints)
    record = harness.execute()
    (interruption,) = record.interruptions
    assert interruption.step == 3
    assert interruption.saved_at < interruption.resumed_at
    assert interruption.lost_s > 0
    assert capfd.readouterr().out.startswith("resumed after step 3, saved at 20")
    assert_as_undisturbed(harness, record)


def test_the_audit_has_the_step_after_a_resume_from_before_the_interruption(begin: Begin) -> None:
    harness = begin()
    samples = harness.run_folder.samples
    interrupt(harness, "stopped by SIGUSR2 after step 3", during={3: ask_to_stop})
    written = samples.before(3).stat().st_mtime_ns
    harness.execute()
    assert 3 in samples.steps()
    assert samples.before(3).stat().st_mtime_ns == written


def test_a_rerun_keeps_nothing_of_an_earlier_runs_states(begin: Begin) -> None:
    harness = begin()
    samples = harness.run_folder.samples
    record = harness.execute()
    stale = samples.path / "1000-after.npz"
    stale.touch()
    harness.execute(replaces=record.finished_at)
    assert stale.exists()  # it is done, so nothing runs
    (harness.folder / "record.json").unlink()
    harness.execute()
    assert not stale.exists()
    assert samples.final.exists()


def test_every_interruption_is_recorded(begin: Begin) -> None:
    harness = begin(OFTEN)
    interrupt(harness, "stopped by SIGUSR2 after step 1", during={1: ask_to_stop})
    interrupt(harness, "stopped by SIGUSR2 after step 2", during={2: ask_to_stop})
    interrupt(harness, "stopped by SIGUSR2 after step 5", during={5: ask_to_stop})
    record = harness.execute()
    assert [i.step for i in record.interruptions] == [1, 2, 5]
    assert [e.step for e in record.evaluations] == [0, 2, 4, 6]
    assert_as_undisturbed(harness, record)


def test_both_signals_are_named(begin: Begin) -> None:
    def both() -> None:
        ask_to_stop()
        signal.raise_signal(signal.SIGTERM)

    interrupt(begin(), "stopped by SIGUSR2 and SIGTERM after step 2", during={2: both})


@pytest.mark.parametrize("when", ["before", "evaluation 0"])
def test_one_that_has_made_no_step_saves_none(begin: Begin, when: str) -> None:
    harness = begin()
    if when == "before":
        ask_to_stop()
    interrupt(harness, "stopped by SIGUSR2 after step 0", during={when: ask_to_stop})
    assert not has_checkpoint(harness.run_folder.checkpoints)
    record = harness.execute()
    assert record.interruptions == []
    assert_as_undisturbed(harness, record)


def test_one_that_goes_on_and_is_stopped_at_once_keeps_its_checkpoint(begin: Begin) -> None:
    harness = begin()
    interrupt(harness, "stopped by SIGUSR2 after step 3", during={3: ask_to_stop})
    ask_to_stop()
    interrupt(harness, "stopped by SIGUSR2 after step 3")
    record = harness.execute()
    assert [i.step for i in record.interruptions] == [3]
    assert_as_undisturbed(harness, record)


def test_a_signal_during_an_evaluation_stops_after_the_next_step(begin: Begin) -> None:
    harness = begin(OFTEN)
    during = {"evaluation 1": ask_to_stop}
    interrupt(harness, "stopped by SIGUSR2 after step 3", during=during)
    record = harness.execute()
    assert [e.step for e in record.evaluations] == [0, 2, 4, 6]
    assert_as_undisturbed(harness, record)


def test_a_signal_at_a_step_to_be_evaluated_stops_before_the_evaluation(begin: Begin) -> None:
    harness = begin(OFTEN)
    during = {4: ask_to_stop, "evaluation 2": kill}
    interrupt(harness, "stopped by SIGUSR2 after step 4", during=during)
    record = harness.execute()
    assert [e.step for e in record.evaluations] == [0, 2, 4, 6]
    assert_as_undisturbed(harness, record)


def test_after_the_last_step_a_run_ends_whatever_it_is_asked(begin: Begin) -> None:
    harness = begin()
    harness.give(during={6: ask_to_stop})
    record = harness.execute()
    assert (record.status, record.interruptions) == ("done", [])


def test_a_killed_run_loses_what_came_after_the_last_save(begin: Begin) -> None:
    harness = begin("launcher.checkpoint_every_min=1e-9")
    harness.give(during={4: kill})
    with pytest.raises(Killed):
        harness.execute()
    harness.give()
    record = harness.execute()
    assert [i.step for i in record.interruptions] == [3]
    assert record.phases is not None
    assert record.phases.checkpoint_s > 0
    assert_as_undisturbed(harness, record)


def test_without_a_signal_none_is_saved_unless_asked_for(begin: Begin) -> None:
    harness = begin()
    harness.give(during={4: kill})
    with pytest.raises(Killed):
        harness.execute()
    assert not has_checkpoint(harness.run_folder.checkpoints)


def test_a_save_that_fails_is_the_runs_failure(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(attempt_module, "write_checkpoint", full)
    record = begin("launcher.checkpoint_every_min=1e-9").execute()
    assert record.failure is not None
    assert record.failure.message == "[Errno 28] No space left on device"


def test_a_torn_checkpoint_is_no_start_and_the_log_says_why(begin: Begin, capfd: Any) -> None:
    harness = begin()
    interrupt(harness, "stopped by SIGUSR2 after step 3", during={3: ask_to_stop})
    path = harness.folder / "checkpoint" / "3"
    (path / "steps.txt").write_text("2")
    record = harness.execute()
    assert capfd.readouterr().out == (
        f"not resumed: {path}: torn (steps.txt differs from what was written); "
        "the run starts again from step 0\n"
    )
    assert record.interruptions == []
    assert_as_undisturbed(harness, record)


def test_a_torn_checkpoint_is_in_nobodys_way(begin: Begin) -> None:
    harness = begin()
    for _ in range(2):
        interrupt(harness, "stopped by SIGUSR2 after step 3", during={3: ask_to_stop})
        (harness.folder / "checkpoint" / "3" / "steps.txt").write_text("2")
    assert_as_undisturbed(harness, harness.execute())


def test_a_checkpoint_of_another_arithmetic_is_no_start(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    harness = begin()
    interrupt(harness, "stopped by SIGUSR2 after step 3", during={3: ask_to_stop})
    monkeypatch.setattr("fwexp.store.checkpoint.cpu_model", lambda: "Another")
    record = harness.execute()
    assert "saved where rounding differs" in capfd.readouterr().out
    assert record.interruptions == []
    assert_as_undisturbed(harness, record)


def test_a_failed_run_that_is_tried_again_begins_at_its_beginning(begin: Begin) -> None:
    harness = begin()
    interrupt(harness, "stopped by SIGUSR2 after step 3", during={3: ask_to_stop})
    shutil.copytree(harness.folder / "checkpoint", harness.folder / "copy")
    harness.give(num_threads=2)
    failed = harness.execute()
    assert not has_checkpoint(harness.run_folder.checkpoints)
    (harness.folder / "copy").rename(harness.folder / "checkpoint")  # killed before it was gone
    harness.give()
    record = harness.execute(replaces=failed.finished_at)
    assert record.interruptions == []
    assert_as_undisturbed(harness, record)


def test_interruptions_count_for_no_phase_and_the_first_attempts_phases_stand(
    begin: Begin,
) -> None:
    harness = begin()
    interrupt(harness, "stopped by SIGUSR2 after step 3", during={3: ask_to_stop})
    file = harness.folder / "checkpoint" / "3" / "checkpoint.json"
    plain = json.loads(file.read_text())
    started_at = "2026-01-01T00:00:00+00:00"
    plain["checkpoint"] |= {"saved_at": "2026-01-01T00:00:01.000+00:00", "started_at": started_at}
    plain["checkpoint"] |= {"start_s": 5e6, "data_s": 6e6, "build_s": 7e6, "elapsed_s": 2e7}
    plain["checkpoint"]["trained"] |= {"step_s": [1e6, 2e6, 3e6], "checkpoint_s": 4e6}
    file.write_text(json.dumps(plain))
    record = harness.execute()
    phases, (interruption,) = record.phases, record.interruptions
    assert phases is not None
    assert (phases.start_s, phases.data_s, phases.build_s) == (5e6, 6e6, 7e6)
    assert phases.checkpoint_s == 4e6
    assert history(harness).step_s[:3] == [1e6, 2e6, 3e6]
    assert phases.first_steps_s == 6e6
    assert 2e7 < phases.total_s < 2e7 + 3600  # whatever the time since 2026 began
    assert interruption.lost_s > 86400
    assert record.started_at == started_at


def test_what_python_and_numpy_draw_goes_on_too(begin: Begin) -> None:
    drawn: list[tuple[float, float]] = []

    def draw() -> None:
        drawn.append((random.random(), float(np.random.normal())))

    def draw_and_ask() -> None:
        draw()
        ask_to_stop()

    harness = begin()
    harness.give(during={3: draw, 4: draw})
    seed(0)
    harness.execute()
    shutil.rmtree(harness.folder)
    seed(0)
    interrupt(harness, "stopped by SIGUSR2 after step 3", during={3: draw_and_ask})
    seed(1)  # another process's
    harness.give(during={4: draw})
    harness.execute()
    assert drawn[2:] == drawn[:2]


def seed(number: int) -> None:
    random.seed(number)
    np.random.seed(number)
