"""The recommendation: the score first, then time."""

from dataclasses import dataclass, replace
from enum import StrEnum

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.quality_targets import QualityResult
from fwexp.evidence.verdicts import Finding, Verdict
from fwexp.tasks.metric import Metric

OTHER = {"torch": "tf", "tf": "torch"}


class Winner(StrEnum):
    TORCH = "torch"
    TF = "tf"
    EITHER = "either"
    UNDECIDED = "undecided"
    VOID = "void"
    ALONE = "alone"  # only one framework was run

    def label(self) -> str:
        """The winner in plain words."""
        return NAMES.get(self.value) or {
            Winner.EITHER: "either framework",
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
    ground: str = ""  # score | time: what decided
    amount: float | None = None  # points or ratio of scores, or the slower one's multiple of time


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What the recommendation covers, in plain words."""

    subject: str  # "mlp and cnn on digits"
    machine: str  # hardware and machine class
    effort: str  # "5 seeds per framework"
    time: str = "time"  # as the deciding question calls it


@dataclass(frozen=True, kw_only=True)
class Decision:
    recommendation: str  # one clause
    scope: str  # hardware, machine class and N: the end of the sentence
    how_sure: str
    choices: list[Choice]
    speed_key: str  # the question that decides when the score does not: total, target or step

    @property
    def headline(self) -> str:
        """The recommendation in one sentence, with what it was measured on."""
        return f"{self.recommendation} ({self.scope})."


def choose(score: Finding, speed: Finding, *, metric: Metric) -> Choice:
    """The framework for one workload: a material gap in score decides, else one in time."""
    same = f"the {metric.name} is the same within the margin"
    winner, because = Winner.EITHER, f"{same}, and so is the time"
    if score.verdict is Verdict.VOID:
        winner, because = Winner.VOID, score.reason
    elif score.verdict is Verdict.INCONCLUSIVE:
        winner = Winner.UNDECIDED
        because = f"the {metric.name} is inconclusive: {score.reason}"
    elif score.verdict is Verdict.MATERIAL:
        return _choose_by_score(score, metric)
    elif speed.verdict is Verdict.MATERIAL:
        by_time = _choose_by_time(speed)
        return replace(by_time, because=f"{by_time.because}, and {same}", score=metric.name)
    elif speed.verdict in (Verdict.INCONCLUSIVE, Verdict.VOID):
        winner, because = (
            Winner.UNDECIDED,
            f"{same}, but the time is inconclusive: {speed.reason}",
        )
    return Choice(workload=score.workload, winner=winner, because=because, score=metric.name)


def choose_by_speed(speed: Finding) -> Choice:
    """The framework for a workload on noise, which has no score: only time decides."""
    if speed.verdict is Verdict.MATERIAL:
        return _choose_by_time(speed)
    winner, because = {
        Verdict.VOID: (Winner.VOID, speed.reason),
        Verdict.INCONCLUSIVE: (
            Winner.UNDECIDED,
            f"the time is inconclusive: {speed.reason}",
        ),
    }.get(speed.verdict, (Winner.EITHER, "the time is the same within the margin"))
    return Choice(workload=speed.workload, winner=winner, because=because, score="")


def uncompared(workload: str, *, only: str) -> Choice:
    """No choice: only one framework was run."""
    because = f"only {NAMES[only]} was run"
    return Choice(workload=workload, winner=Winner.ALONE, because=because)


def not_learnt(choice: Choice, missed: list[QualityResult]) -> Choice:
    """The same choice; undecided if it rested on time and runs missed the quality target."""
    if not missed or choice.ground == "score" or choice.winner in OPEN:
        return choice
    counts = listing([f"{m.num_reached} of {m.num_runs} {NAMES[m.framework]} runs" for m in missed])
    because = (
        f"only {counts} reached the quality target, {missed[0].quality_target:g}: "
        "a model that has not learnt is not chosen for its speed"
    )
    return Choice(
        workload=choice.workload, winner=Winner.UNDECIDED, because=because, score=choice.score
    )


def unscored(workload: str, *, void: str, has_run: bool) -> Choice:
    """No choice: no run has a score, and time alone is no recommendation."""
    if void:
        return Choice(workload=workload, winner=Winner.VOID, because=void)
    because = "its runs have no score" if has_run else "no run has finished"
    return Choice(workload=workload, winner=Winner.UNDECIDED, because=because)


def _choose_by_score(finding: Finding, metric: Metric) -> Choice:
    assert finding.larger
    assert finding.estimate is not None
    better = finding.larger if metric.higher_is_better else OTHER[finding.larger]
    if metric.comparison == "points":
        amount = abs(finding.estimate)
        gain = f"{amount:.2f} points better in {metric.name}"
    else:
        amount = max(finding.estimate, 1 / finding.estimate)
        gain = f"{amount:.2f}× better in {metric.name}"
    return Choice(
        workload=finding.workload,
        winner=Winner(better),
        because=f"{NAMES[better]} is {gain} than {NAMES[OTHER[better]]}",
        score=metric.name,
        ground="score",
        amount=amount,
    )


def _choose_by_time(finding: Finding) -> Choice:
    assert finding.larger
    assert finding.estimate is not None
    slow, fast = finding.larger, OTHER[finding.larger]
    multiple = finding.estimate if slow == "tf" else 1 / finding.estimate
    return Choice(
        workload=finding.workload,
        winner=Winner(fast),
        because=f"{NAMES[slow]} takes {multiple:.2f}× {NAMES[fast]}'s time",
        score="",
        ground="time",
        amount=multiple,
    )


def recommend(choices: list[Choice], *, scope: Scope) -> str:
    """The recommendation in one clause: one framework, either, or what it depends on."""
    winners = [winner for winner in Winner if winner in {choice.winner for choice in choices}]
    if len(winners) > 1:
        parts = [_for_workloads(winner, choices) for winner in winners]
        lead = "No recommendation yet" if set(winners) <= OPEN else "It depends on the workload"
        return f"{lead} ({scope.subject}): {'; '.join(parts)}"
    (winner,) = winners
    if winner.value in NAMES:
        gain = _gain(choices, time=scope.time)
        return f"Choose {winner.label()} for {scope.subject}: {gain}"
    lead = {
        Winner.EITHER: f"Either framework will do for {scope.subject}",
        Winner.UNDECIDED: f"Not settled yet for {scope.subject}",
        Winner.VOID: f"No recommendation for {scope.subject}; the comparison is void",
        Winner.ALONE: f"No comparison for {scope.subject}",
    }[winner]
    return f"{lead}: {_reasons(choices)}"


def _for_workloads(winner: Winner, choices: list[Choice]) -> str:
    labels = listing([choice.workload for choice in choices if choice.winner is winner])
    if winner in OPEN:
        return f"{winner.label()} for {labels}"
    return f"choose {winner.label()} for {labels}"


def _gain(choices: list[Choice], *, time: str) -> str:
    """What the overall winner wins by; per workload where the grounds differ."""
    grounds = {choice.ground for choice in choices}
    name, other = NAMES[choices[0].winner.value], NAMES[OTHER[choices[0].winner.value]]
    if grounds == {"time"}:
        gain = _amounts(choices, unit="×", of=f" {name}'s {time}")
        scores = {choice.score for choice in choices}
        if "" in scores:
            return f"{other} takes {gain}"
        score = scores.pop() if len(scores) == 1 else "score"
        return f"{other} takes {gain}, at the same {score} within the margin"
    return _reasons(choices)


def _amounts(choices: list[Choice], *, unit: str, of: str) -> str:
    figures = [choice.amount for choice in choices if choice.amount is not None]
    if len(choices) > 3:
        return f"{min(figures):.2f} to {max(figures):.2f}{unit}{of}"
    if len(choices) == 1:
        return f"{figures[0]:.2f}{unit}{of}"
    first, *others = choices
    rest = [f"{c.amount:.2f}{unit} for {c.workload}" for c in others]
    return listing([f"{first.amount:.2f}{unit}{of} for {first.workload}", *rest])


def _reasons(choices: list[Choice]) -> str:
    if len({choice.because for choice in choices}) == 1:
        return choices[0].because
    return "; ".join(f"{choice.workload}: {choice.because}" for choice in choices)


def format_confidence(choices: list[Choice], *, confidence: float, num_pairs: list[int]) -> str:
    """How sure the recommendation is, from its verdicts and N."""
    num_open = sum(choice.winner is Winner.UNDECIDED for choice in choices)
    num_void = sum(choice.winner is Winner.VOID for choice in choices)
    num_alone = sum(choice.winner is Winner.ALONE for choice in choices)
    if num_alone == len(choices):
        return "Nothing was compared: a comparison needs runs of both frameworks."
    if num_void + num_alone == len(choices):
        return "Nothing was compared: no workload has a passed parity certificate."
    if num_open == len(choices) - num_void - num_alone:
        return "Not sure: these runs do not settle the question for any workload."
    pairs = span(num_pairs)
    corrected = f", corrected for testing {len(choices)} workloads" if len(choices) > 1 else ""
    sure = (
        f"each verdict behind it holds at {100 * confidence:g} % confidence{corrected}, "
        f"from {pairs} pairs of runs, on one machine class only."
    )
    counts = {"not settled": num_open, "void": num_void, "with one framework only": num_alone}
    unsettled = [f"{count} {words}" for words, count in counts.items() if count]
    if unsettled:
        return f"Sure for some workloads ({listing(unsettled)}): {sure}"
    return f"Sure, within what was measured: {sure}"


def listing(words: list[str]) -> str:
    """Words as one phrase: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def format_seeds(numbers: list[int]) -> str:
    """Counts of seeds as one phrase: 5 seeds, 3 to 5 seeds, or 1 seed."""
    count = span(numbers)
    return f"{count} seed" if count == "1" else f"{count} seeds"


def span(numbers: list[int]) -> str:
    """Counts as one phrase: 5, or 3 to 5."""
    low, high = min(numbers, default=0), max(numbers, default=0)
    return str(low) if low == high else f"{low} to {high}"
