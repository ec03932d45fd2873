"""A run's time is a line: a fixed part, and a rate for each step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from fwexp.store.record import Evaluation, RunRecord


@dataclass(frozen=True, kw_only=True)
class TimeLine:
    """Seconds of a training as a function of its optimizer steps."""

    fixed_s: float  # import, start, data, build, and what compilation and warm-up cost
    rate_s: float  # of one steady step, with its share of an evaluation

    def at(self, steps: float) -> float:
        """The seconds of a training of so many steps."""
        return self.fixed_s + self.rate_s * steps

    def steps_in(self, seconds: float) -> float:
        """How many steps are done after so many seconds; negative before the first."""
        return (seconds - self.fixed_s) / self.rate_s


def time_line(record: RunRecord, *, import_s: float) -> TimeLine | None:
    """The run's line; None if it has no steady step, or was not measured.

    It goes through the run's own length and time, as all is fixed that is not proportional to the
    steps; unless the first steps were quicker than steady ones, which is noise.
    """
    phases, steps, first = record.phases, record.num_steps, record.num_first_steps
    if phases is None or steps is None or first is None or steps <= first or phases.steady_s <= 0:
        return None
    per_evaluation_s = _evaluation_s(record.evaluations, total_s=phases.evaluation_s)
    rate_s = phases.steady_s / (steps - first)
    rate_s += per_evaluation_s / record.config.steps_per_evaluation
    before_s = phases.start_s + phases.data_s + phases.build_s
    fixed_s = import_s + max(before_s, phases.total_s - rate_s * steps)
    return TimeLine(fixed_s=fixed_s, rate_s=rate_s)


def _evaluation_s(evaluations: Sequence[Evaluation], *, total_s: float) -> float:
    """The mean of an evaluation; the first one compiles, and is left out where there are others."""
    known = [e.took_s for e in evaluations if e.took_s is not None]
    if len(known) < len(evaluations) or not known:
        return total_s / max(1, len(evaluations))
    return fmean(known[1:] or known)


def mean_line(lines: Sequence[TimeLine]) -> TimeLine:
    """The line of the mean fixed part and the mean rate, of at least one."""
    return TimeLine(
        fixed_s=fmean(line.fixed_s for line in lines), rate_s=fmean(line.rate_s for line in lines)
    )


def ratio_at(steps: float, *, torch: TimeLine, tf: TimeLine) -> float:
    """TensorFlow's time over PyTorch's; of the rates alone at infinitely many steps."""
    if math.isinf(steps):
        return tf.rate_s / torch.rate_s
    return tf.at(steps) / torch.at(steps)


def crossover(*, torch: TimeLine, tf: TimeLine) -> float | None:
    """The number of steps at which both take the same time; None if one is faster from the first
    step on at every length, or both are alike."""
    if torch.rate_s == tf.rate_s:
        return None
    steps = (tf.fixed_s - torch.fixed_s) / (torch.rate_s - tf.rate_s)
    return steps if steps > 1 else None
