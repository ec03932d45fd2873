"""Real runs in warm servers, stopped by real signals: what goes on ends as if it had not been."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from fwexp.config.plain import to_plain
from fwexp.launch.drive import RUN
from fwexp.runs.execute import RunRequest
from fwexp.store.store import Store
from tests.proc import children
from tests.tiny import tiny_plan, warm_servers

NUM_STEPS = 1500  # long enough that a signal falls into them
OVERRIDES = (f"training.num_steps={NUM_STEPS}", "training.evaluate_every_epochs=20")


class Run:
    """The one run of a tiny plan, in a store of its own."""

    def __init__(self, framework: str, store: Path, *overrides: str) -> None:
        overrides = (f"framework={framework}", *OVERRIDES, *overrides)
        self.plan = tiny_plan(*overrides, in_store=store)
        (self.run,) = self.plan.runs
        self.store = Store(store)
        self.run_folder = self.store.run(self.plan.machine_class, self.run.run_id)
        self.server = warm_servers()[framework]
        self.num_signals = 0

    def results(self) -> tuple[Any, ...]:
        """What does not depend on time: losses, learning rates, scores."""
        record, history = self.run_folder.read_record(), self.run_folder.read_history()
        assert record is not None
        assert history is not None
        scores = [(e.step, e.scores) for e in record.evaluations]
        return history.loss, history.learning_rate, scores

    def interrupted_after(self) -> list[int]:
        record = self.run_folder.read_record()
        assert record is not None
        return [interruption.step for interruption in record.interruptions]

    def perform(self, *, stop_at: int | None = None, by: int = signal.SIGUSR2) -> int:
        """The exit code of an attempt, which is sent the signal at that step or soon after."""

        def hear(event: dict[str, Any]) -> None:
            if stop_at is not None and event.get("step", 0) >= stop_at and not self.num_signals:
                self.num_signals += 1
                (child,) = children(self.server._process.pid)
                os.kill(child, by)

        self.num_signals = 0
        request = RunRequest(
            run_id=self.run.run_id,
            config=self.run.config,
            sources=self.run.sources,
            digests=self.run.digests,
            machine_class=self.plan.machine_class,
            commit=None,
            store=str(self.store.path),
            replaces=None,
        )
        return self.server.call(RUN, to_plain(request), log=self.run_folder.log, hear=hear)


@pytest.mark.parametrize("framework", ["torch", "tf"])
def test_a_stopped_run_that_goes_on_ends_as_one_that_was_left_alone(
    framework: str, tmp_path: Path
) -> None:
    whole, parted = (Run(framework, tmp_path / name) for name in ("whole", "parted"))
    assert whole.perform() == 0
    assert parted.perform(stop_at=1, by=signal.SIGUSR2) == os.EX_TEMPFAIL
    assert not parted.run_folder.record_file.exists()
    assert parted.perform(stop_at=1, by=signal.SIGTERM) == os.EX_TEMPFAIL
    assert parted.perform() == 0
    first, second = parted.interrupted_after()
    assert 0 < first < second < NUM_STEPS
    assert parted.results() == whole.results()
    assert whole.interrupted_after() == []


def test_a_killed_run_goes_on_from_its_last_save(tmp_path: Path) -> None:
    whole, killed = (
        Run("torch", tmp_path / name, "launcher.checkpoint_every_min=0.001")
        for name in ("whole", "killed")
    )
    assert whole.perform() == 0
    assert killed.perform(stop_at=NUM_STEPS // 3, by=signal.SIGKILL) == -signal.SIGKILL
    assert killed.perform() == 0
    (step,) = killed.interrupted_after()
    assert 0 < step < NUM_STEPS
    assert killed.results() == whole.results()
