"""Runs that failed by their framework's doing, and whether one framework's fail more often.

A failure is an outcome, not a missing pair. Not the framework's doing is what came from outside:
a run that was interrupted or killed leaves no record (launch/drive.py), and fwexp's own errors and
those of the system (a full disk, a data set that is gone) are named in its record.
"""

import builtins
import math
from dataclasses import dataclass

from fwexp import errors
from fwexp.evidence.aggregate import FRAMEWORKS, NAMES, Run, Workload
from fwexp.evidence.statistics import rates_differ
from fwexp.store.record import Failure

TOLERATED = 0.1  # of a framework's runs: one that fails more often is not recommended
MAX_RUNS = 100  # per framework: beyond it no number is named that would tell
DIVERGED, MISSED, FAILED = "diverged", "missed the quality target", "failed"
OUTSIDE = {"SourcesChanged"} | {
    name
    for module, parent in ((builtins, OSError), (errors, errors.FwexpError))
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, parent)
}
RANK_FAILED = "RankFailed"  # one of several processes; the message holds the error's own kind
CRASHES = ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV")  # any other comes from outside


@dataclass(frozen=True, kw_only=True)
class Side:
    """One framework's outcomes on one workload."""

    framework: str
    num_runs: int  # with an outcome: those stopped from outside are not counted
    kinds: list[str]  # of each run that failed

    @property
    def num_failed(self) -> int:
        return len(self.kinds)

    @property
    def is_tolerable(self) -> bool:
        return self.num_failed <= TOLERATED * self.num_runs

    def tell(self) -> str:
        """Its failures in words: 5 of 8 TensorFlow runs diverged."""
        kinds = set(self.kinds)
        how = kinds.pop() if len(kinds) == 1 else FAILED
        return f"{self.num_failed} of {self.num_runs} {NAMES[self.framework]} runs {how}"


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Both frameworks' failures on one workload."""

    torch: Side
    tf: Side

    @property
    def sides(self) -> dict[str, Side]:
        return {"torch": self.torch, "tf": self.tf}

    @property
    def p(self) -> float:
        """Of "both fail equally often"."""
        sides = (self.torch, self.tf)
        return rates_differ([s.num_failed for s in sides], [s.num_runs for s in sides])

    @property
    def more(self) -> Side | None:
        """The framework that failed more often, if one did."""
        torch, tf = (side.num_failed * other.num_runs for side, other in self._crossed())
        return None if torch == tf else self.torch if torch > tf else self.tf

    @property
    def has_learnt_nothing(self) -> bool:
        """Whether every run of both missed the quality target."""
        return all(s.kinds and s.kinds == [MISSED] * s.num_runs for s in (self.torch, self.tf))

    def runs_to_tell(self, *, alpha: float) -> int | None:
        """How many runs per framework would show such rates to differ; None beyond MAX_RUNS."""
        rates = [s.num_failed / s.num_runs for s in (self.torch, self.tf)]
        for n in range(min(self.torch.num_runs, self.tf.num_runs) + 1, MAX_RUNS + 1):
            if rates_differ([round(rate * n) for rate in rates], [n, n]) <= alpha:
                return n
        return None

    def _crossed(self) -> tuple[tuple[Side, Side], tuple[Side, Side]]:
        return (self.torch, self.tf), (self.tf, self.torch)


def count_failures(workload: Workload) -> Failures | None:
    """The workload's failures; None if a framework has no run with an outcome."""
    torch, tf = (_side(workload, framework) for framework in FRAMEWORKS)
    return Failures(torch=torch, tf=tf) if torch.num_runs and tf.num_runs else None


def how_failed(run: Run, workload: Workload) -> str:
    """In which way the run failed by its framework's doing; empty if it did not."""
    if run.failure is not None:
        if is_from_outside(run.failure):
            return ""
        return DIVERGED if run.failure.kind == ArithmeticError.__name__ else FAILED
    record, wanted = run.record, workload.config.training.quality_target
    if record is None or record.metric is None or record.score is None:
        return ""
    if not math.isfinite(record.score):
        return DIVERGED
    return MISSED if wanted is not None and not record.metric.reaches(record.score, wanted) else ""


def is_from_outside(failure: Failure) -> bool:
    """Whether the machine or fwexp made a run fail, not its framework."""
    kind, message = failure.kind, failure.message
    if kind == RANK_FAILED:  # "rank 1: OSError: …", "rank 1: its process was killed by SIGKILL; …"
        _, _, message = message.partition(": ")
        if message.startswith("its process was killed by SIG"):
            return not any(crash in message for crash in CRASHES)
        kind, _, _ = message.partition(":")
    return kind in OUTSIDE


def _side(workload: Workload, framework: str) -> Side:
    own = [run for run in workload.runs if run.framework == framework]
    kinds = [kind for run in own if (kind := how_failed(run, workload))]
    finished = sum(run.record is not None and not how_failed(run, workload) for run in own)
    return Side(framework=framework, num_runs=finished + len(kinds), kinds=kinds)
