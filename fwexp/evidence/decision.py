"""The recommendation: the choices for all workloads in one sentence, and how sure it is."""

from dataclasses import dataclass

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.choice import OPEN, OTHER, Choice, Winner

MAX_NAMES = 3  # in one sentence; more are counted


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
        Winner.TRADE: f"A trade-off for {scope.subject}",
        Winner.UNDECIDED: f"Not settled yet for {scope.subject}",
        Winner.VOID: f"No recommendation for {scope.subject}; the comparison is void",
        Winner.ALONE: f"No comparison for {scope.subject}",
    }[winner]
    return f"{lead}: {_reasons(choices)}"


def _for_workloads(winner: Winner, choices: list[Choice]) -> str:
    labels = brief([c.workload for c in choices if c.winner is winner], noun="workloads")
    chosen = winner.value in NAMES or winner is Winner.EITHER
    return f"{'choose ' if chosen else ''}{winner.label()} for {labels}"


def _gain(choices: list[Choice], *, time: str) -> str:
    """What the overall winner wins by; per workload where the grounds differ."""
    if any(choice.ground != "time" or choice.amount is None for choice in choices):
        return _reasons(choices)
    name, other = NAMES[choices[0].winner.value], NAMES[OTHER[choices[0].winner.value]]
    gain = f"{other} takes " + _amounts(choices, unit="×", of=f" {name}'s {time}")
    besides = {choice.beside for choice in choices}
    if len(besides) == 1:
        beside = besides.pop()
        return f"{gain}, {beside}" if beside else gain
    if all(beside.endswith("within the margin") for beside in besides):
        return f"{gain}, at the same score within the margin"
    return gain if "" in besides else f"{gain}, at a score that is no worse"


def _amounts(choices: list[Choice], *, unit: str, of: str) -> str:
    figures = [choice.amount for choice in choices if choice.amount is not None]
    if len(choices) > MAX_NAMES:
        return f"{min(figures):.2f} to {max(figures):.2f}{unit}{of}"
    if len(choices) == 1:
        return f"{figures[0]:.2f}{unit}{of}"
    first, *others = choices
    rest = [f"{c.amount:.2f}{unit} for {c.workload}" for c in others]
    return listing([f"{first.amount:.2f}{unit}{of} for {first.workload}", *rest])


def _reasons(choices: list[Choice]) -> str:
    """Why, once where it is one reason; of many workloads only on what grounds."""
    if len({choice.because for choice in choices}) == 1:
        return choices[0].because
    if len(choices) == 2:
        return "; ".join(f"{choice.workload}: {choice.because}" for choice in choices)
    grounds = [choice.ground for choice in choices if choice.ground]
    if not grounds:
        return f"the reasons differ between {len(choices)} workloads"
    return "by " + listing(
        [f"{ground} for {grounds.count(ground)}" for ground in dict.fromkeys(grounds)]
    )


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


def brief(names: list[str], *, noun: str) -> str:
    """Names as one phrase, or how many there are: a, b and c; 12 models."""
    return listing(names) if len(names) <= MAX_NAMES else f"{len(names)} {noun}"


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
