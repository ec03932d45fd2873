"""What would change the recommendation: price, margins, more seeds, longer trainings."""

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.choice import OTHER
from fwexp.evidence.decision import listing
from fwexp.evidence.lengths import Lengths
from fwexp.evidence.questions import Question
from fwexp.evidence.statistics import Interval
from fwexp.evidence.verdicts import AT_THE_MARGIN, Finding, Verdict, format_needed


def price_change(total: list[Finding]) -> list[str]:
    """Why no price changes the answer on one machine; empty if nothing was compared."""
    if all(finding.verdict in (Verdict.VOID, Verdict.ALONE) for finding in total):
        return []
    return [
        "Price: no price per hour changes the order on the same machine. Both frameworks pay it, "
        "so it cancels: the cost ratio is the ratio of the times."
    ]


def seed_change(finding: Finding, question: Question) -> list[str]:
    """How many pairs would be enough, if any number would."""
    if finding.verdict is not Verdict.INCONCLUSIVE or finding.outer is None:
        return []
    about = f"{question.title}, {finding.workload}"
    if finding.n_to_decide is None:
        return [f"{about}: {AT_THE_MARGIN}."]
    return [f"{about}: {format_needed(finding.n_to_decide)}, not {finding.n}, would be enough."]


def margin_change(findings: list[Finding], question: Question, *, margin: float) -> list[str]:
    """The margins at which the shown verdicts would flip."""
    ratio = question.scale == "ratio"
    material = {
        f.workload: min(_as_margins(f.outer, ratio=ratio))
        for f in findings
        if f.verdict is Verdict.MATERIAL and f.outer
    }
    same = {
        f.workload: max(_as_margins(f.inner, ratio=ratio))
        for f in findings
        if f.verdict in (Verdict.EQUIVALENT, Verdict.IMMATERIAL) and f.inner
        if not f.by_floor  # there no margin decided
    }
    about = f"Margin of “{question.title}” (declared: {_format_margin(margin, ratio=ratio)})"
    above = "above {} the gap would no longer be shown to matter."
    below = "below {} they would no longer be shown to be the same."
    return [
        f"{about}: {words.format(_format_limits(limits, ratio=ratio))}"
        for words, limits in ((above, material), (below, same))
        if limits
    ]


def length_change(lengths: Lengths) -> list[str]:
    """The training length at which the faster framework changes, if it does (projected)."""
    if not lengths.torch or lengths.crossover() is None:
        return []
    return [
        f"Training length, {lengths.workload}: {lengths.describe()} (these runs: "
        f"{lengths.num_steps:,} steps). Projected from the fixed part and the time per step, not "
        "measured."
    ]


def horizon_change(to_target: Finding, longer: Finding, *, words: str) -> list[str]:
    """What the time at the sweep's length says, where the time to target, which decides, does not
    say the same."""
    decided = to_target.larger if to_target.verdict is Verdict.MATERIAL else None
    if longer.verdict is not Verdict.MATERIAL or longer.larger in (None, decided):
        return []
    assert longer.larger
    assert longer.estimate
    slow, quick = NAMES[longer.larger], NAMES[OTHER[longer.larger]]
    return [
        f"Training length, {longer.workload}: {words}, {slow} takes "
        f"{max(longer.estimate, 1 / longer.estimate):.2f}× {quick}'s time; the recommendation is "
        "about the time to the target."
    ]


def _as_margins(interval: Interval, *, ratio: bool) -> tuple[float, float]:
    """Both ends of an interval as margins: points, or a ratio above 1."""
    low, high = interval.low, interval.high
    return (max(low, 1 / low), max(high, 1 / high)) if ratio else (abs(low), abs(high))


def _format_limits(limits: dict[str, float], *, ratio: bool) -> str:
    return "about " + listing(
        [f"{_format_margin(limit, ratio=ratio)} ({label})" for label, limit in limits.items()]
    )


def _format_margin(margin: float, *, ratio: bool) -> str:
    return f"{margin:.2f}×" if ratio else f"{margin:.2f} points"
