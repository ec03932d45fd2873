"""Which framework for one workload: by failures, score and time, no one of them hidden."""

from dataclasses import dataclass, replace
from enum import StrEnum

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.failures import Failures, Side
from fwexp.evidence.verdicts import SAME, Finding, Verdict
from fwexp.tasks.metric import Metric

OTHER = {"torch": "tf", "tf": "torch"}


class Winner(StrEnum):
    TORCH = "torch"
    TF = "tf"
    EITHER = "either"
    TRADE = "trade"  # better on one, materially worse on the other
    UNDECIDED = "undecided"
    VOID = "void"
    ALONE = "alone"  # only one framework was run

    def label(self) -> str:
        """The winner in plain words."""
        return NAMES.get(self.value) or {
            Winner.EITHER: "either framework",
            Winner.TRADE: "a trade-off",
            Winner.UNDECIDED: "not settled yet",
        }.get(self, "no comparison")


OPEN = {Winner.UNDECIDED, Winner.VOID, Winner.ALONE}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which framework for one workload, and why."""

    workload: str
    winner: Winner
    because: str
    score: str = "score"  # the metric's name; empty if there is none to compare
    ground: str = ""  # failures | score | time: what decided
    amount: float | None = None  # points or ratio of scores, or the slower one's multiple of time
    gain: str = ""  # by how much, without what else is true
    beside: str = ""  # what is true of the score where time decided


def choose(score: Finding, speed: Finding, *, metric: Metric) -> Choice:
    """The framework for one workload: who is better on one and not worse on the other.

    Better in score and slower is a trade-off. Faster wins only where its score is shown not to be
    worse by the margin: noise is no sameness.
    """
    blank = Choice(workload=score.workload, winner=Winner.UNDECIDED, because="", score=metric.name)
    better, faster = _better(score, metric), _faster(speed)
    if score.verdict is Verdict.VOID:
        return replace(blank, winner=Winner.VOID, because=score.reason)
    if better:
        return _choose_by_score(score, speed, metric, blank)
    if faster:
        return _choose_if_no_worse(score, speed, metric, blank)
    if leader := _ahead_in_both(score, speed, metric):
        because = f"{NAMES[leader]} is ahead in both {metric.name} and time"
        return replace(blank, winner=Winner(leader), because=because, ground="both")
    if score.verdict not in SAME:
        return replace(blank, because=_open(metric.name, score))
    if speed.verdict in SAME:
        because = f"the {metric.name} is the same within the margin, and so is the time"
        return replace(blank, winner=Winner.EITHER, because=because)
    because = f"the {metric.name} is the same, the time inconclusive: {speed.reason}"
    return replace(blank, because=because)


def choose_by_speed(speed: Finding) -> Choice:
    """The framework for a workload on noise, which has no score: only time decides."""
    blank = Choice(workload=speed.workload, winner=Winner.UNDECIDED, because="", score="")
    if speed.verdict is Verdict.VOID:
        return replace(blank, winner=Winner.VOID, because=speed.reason)
    if faster := _faster(speed):
        return replace(
            blank,
            winner=Winner(faster),
            because=_tell_time(speed),
            gain=_tell_time(speed),
            ground="time",
            amount=_multiple(speed),
        )
    if speed.verdict is Verdict.INCONCLUSIVE:
        return replace(blank, because=_open("time", speed))
    because = "the time is the same within the margin"
    return replace(blank, winner=Winner.EITHER, because=because)


def uncompared(workload: str, *, only: str) -> Choice:
    """No choice: only one framework was run."""
    because = f"only {NAMES[only]} was run"
    return Choice(workload=workload, winner=Winner.ALONE, because=because)


def unscored(workload: str, *, void: str, has_run: bool) -> Choice:
    """No choice: no run has a score, and time alone is no recommendation."""
    if void:
        return Choice(workload=workload, winner=Winner.VOID, because=void)
    because = "its runs have no score" if has_run else "no run has finished"
    return Choice(workload=workload, winner=Winner.UNDECIDED, because=because)


def weigh_failures(choice: Choice, failures: Failures | None, *, alpha: float) -> Choice:
    """The same choice, unless runs failed: who is shown to fail more often loses, and who fails
    more often than is tolerated is not recommended."""
    if failures is None or choice.winner in (Winner.VOID, Winner.ALONE):
        return choice
    undecided = replace(choice, winner=Winner.UNDECIDED, ground="failures", amount=None)
    if failures.has_learnt_nothing:
        return replace(undecided, because="no run of either framework reached the quality target")
    more = failures.more
    if more and failures.p <= alpha:
        return _choose_by_failures(choice, failures, more)
    if more is None and failures.torch.is_tolerable:
        return choice
    told = _tell_failures(failures)
    chosen = failures.sides.get(choice.winner.value)
    if more and (more.is_tolerable or (chosen and chosen.is_tolerable)):
        beside = f"{choice.because}; {more.tell()}"
        return replace(choice, because=beside, amount=None)
    num = failures.runs_to_tell(alpha=alpha)
    needed = f"about {num} runs each would tell" if more and num else "too many to recommend one"
    return replace(undecided, because=f"{told}; {needed}")


def _better(score: Finding, metric: Metric) -> str | None:
    """Whose score is shown to be materially better."""
    if score.verdict is not Verdict.MATERIAL or score.larger is None:
        return None
    return score.larger if metric.higher_is_better else OTHER[score.larger]


def _faster(speed: Finding) -> str | None:
    """Whose time is shown to be materially shorter."""
    shown = speed.verdict is Verdict.MATERIAL and speed.larger is not None
    return OTHER[speed.larger or ""] if shown else None


def _ahead_in_both(score: Finding, speed: Finding, metric: Metric) -> str | None:
    """Who is shown to be better in score and in time, where that might matter in one of them."""
    if score.larger is None or speed.larger is None:
        return None
    if score.verdict in SAME and speed.verdict in SAME:
        return None
    better = score.larger if metric.higher_is_better else OTHER[score.larger]
    return better if better == OTHER[speed.larger] else None


def _choose_by_score(score: Finding, speed: Finding, metric: Metric, blank: Choice) -> Choice:
    better, faster = _better(score, metric), _faster(speed)
    assert better
    assert score.estimate is not None
    if metric.comparison == "points":
        amount = abs(score.estimate)
        gain = f"{amount:.2f} points better in {metric.name}"
    else:
        amount = max(score.estimate, 1 / score.estimate)
        gain = f"{amount:.2f}× better in {metric.name}"
    told = f"{NAMES[better]} is {gain}"
    chosen = replace(blank, winner=Winner(better), ground="score", amount=amount, gain=told)
    if faster == better:
        return replace(chosen, because=f"{told}, and {_tell_time(speed)}")
    if faster:
        price = _tell_time(speed).removeprefix(f"{NAMES[better]} ")
        return replace(chosen, winner=Winner.TRADE, because=f"{told}, but {price}")
    time = "at the same time within the margin" if speed.verdict in SAME else "its time is open"
    return replace(chosen, because=f"{told}; {time}")


def _choose_if_no_worse(score: Finding, speed: Finding, metric: Metric, blank: Choice) -> Choice:
    """The faster one, if its score is shown to be no worse by the margin."""
    faster, told = _faster(speed), _tell_time(speed)
    assert faster
    other = OTHER[faster] if metric.higher_is_better else faster
    beside = ""
    if score.verdict in SAME:
        beside = f"at the same {metric.name} within the margin"
    elif other in score.not_larger:
        beside = f"and {NAMES[faster]}'s {metric.name} is no worse"
    if beside:
        return replace(
            blank,
            winner=Winner(faster),
            because=f"{told}, {beside}",
            ground="time",
            amount=_multiple(speed),
            gain=told,
            beside=beside,
        )
    return replace(blank, because=f"{told}, but {_open(metric.name, score)}")


def _choose_by_failures(choice: Choice, failures: Failures, more: Side) -> Choice:
    """The one that fails less, and what speaks for the other."""
    winner = Winner(OTHER[more.framework])
    because = _tell_failures(failures)
    if choice.winner not in OPEN | {winner, Winner.EITHER}:
        because += f"; of the others, {choice.gain}"
    return replace(choice, winner=winner, because=because, ground="failures", amount=None)


def _tell_failures(failures: Failures) -> str:
    """Both frameworks' failures: 5 of 8 TensorFlow runs diverged, 0 of 8 PyTorch runs."""
    more = failures.more or failures.torch
    other = failures.sides[OTHER[more.framework]]
    if not other.num_failed:
        return f"{more.tell()}, 0 of {other.num_runs} {NAMES[other.framework]} runs"
    return f"{more.tell()}, {other.tell()}"


def _tell_time(speed: Finding) -> str:
    """By how much the slower one is, or who never reached the target."""
    multiple = _multiple(speed)
    if multiple is None or speed.larger is None:
        return speed.reason
    slow, fast = speed.larger, OTHER[speed.larger]
    return f"{NAMES[slow]} takes {multiple:.2f}× {NAMES[fast]}'s time"


def _multiple(speed: Finding) -> float | None:
    """The slower one's multiple of the time; None where it never ended."""
    if speed.estimate is None:
        return None
    return speed.estimate if speed.larger == "tf" else 1 / speed.estimate


def _open(what: str, finding: Finding) -> str:
    return f"the {what} is inconclusive: {finding.reason}"
