"""What a person sees during runs: a live line in a terminal, plain lines in a log."""

import sys
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from fwexp.store.record import RunRecord


class Display:
    """Progress of a set of runs, on stderr; summaries and write-ups go to stdout."""

    def __init__(self, num_runs: int) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._num_runs = num_runs
        self._num_done = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[detail]}"),
            TimeElapsedColumn(),
            console=self._console,
            disable=not sys.stderr.isatty(),
            transient=True,
        )
        self._sweep = self._bar.add_task("runs", total=num_runs, detail=f"0/{num_runs}")
        self._run = self._bar.add_task("", total=None, detail="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def say(self, line: str) -> None:
        """A line that stays."""
        self._console.print(line, markup=False, soft_wrap=True)

    def begin(self, what: str) -> None:
        """Something that takes a while has started."""
        self._bar.reset(self._run, total=None, description=what, detail="")
        if not sys.stderr.isatty():
            self.say(what)

    def hear(self, event: dict[str, Any]) -> None:
        """An event of the run under way."""
        if event["event"] == "waiting":
            self.wait()
        if event["event"] == "progress":
            step, num_steps = event["step"], event["num_steps"]
            detail = f"step {step}/{num_steps}"
            self._bar.update(self._run, completed=step, total=num_steps, detail=detail)

    def wait(self) -> None:
        """Another run is using the device."""
        self.say("waiting for another run on this device to finish; the wait is not timed")

    def count(self) -> None:
        """A run that was already in the store."""
        self._num_done += 1
        detail = f"{self._num_done}/{self._num_runs}"
        self._bar.update(self._sweep, completed=self._num_done, detail=detail)

    def end(self, run_id: str, record: RunRecord | None, *, note: str = "") -> None:
        """A run has ended, successfully or not."""
        self.count()
        self.say(f"[{self._num_done}/{self._num_runs}] {run_id}: {note or _outcome(record)}")


def _outcome(record: RunRecord | None) -> str:
    if record is None:
        return "interrupted, no record"
    if record.failure is not None:
        return f"FAILED: {record.failure.first_line()}"
    assert record.metric is not None
    assert record.score is not None
    assert record.phases is not None
    score = record.metric.tell(record.score)
    return f"{score}, {record.phases.total_s:.1f} s, {record.format_speed()}"
