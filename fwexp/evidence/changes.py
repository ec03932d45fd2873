"""What would change the recommendation: price, margins, more seeds, longer trainings."""

from statistics import fmean

from fwexp.evidence.aggregate import NAMES, Workload
from fwexp.evidence.decision import listing
from fwexp.evidence.questions import Question
from fwexp.evidence.statistics import Interval
from fwexp.evidence.verdicts import AT_THE_MARGIN, Finding, Verdict, format_needed
from fwexp.store.record import RunRecord


def price_change(total: list[Finding]) -> list[str]:
    """Why no price changes the answer on one machine; empty if nothing was compared."""
    if all(finding.verdict in (Verdict.VOID, Verdict.ALONE) for finding in total):
        return []
    return [
        "Price: no price per hour changes the order on the same machine. Both frameworks pay it, "
        "so it cancels: the cost ratio is the ratio of the total times."
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
    }
    about = f"Margin of “{question.title}” (declared: {_format_margin(margin, ratio=ratio)})"
    above = "above {} the gap would no longer be shown to matter."
    below = "below {} they would no longer be shown to be the same."
    return [
        f"{about}: {words.format(_format_limits(limits, ratio=ratio))}"
        for words, limits in ((above, material), (below, same))
        if limits
    ]


def length_change(workload: Workload, step: Finding) -> list[str]:
    """The training length at which the two total times would meet, if they do (projected)."""
    torch, tf = workload.timed("torch"), workload.timed("tf")
    lines = [_line([run.record for run in runs if run.record]) for runs in (torch, tf)]
    if step.verdict is not Verdict.MATERIAL or None in lines:
        return []
    (torch_fixed, torch_slope, steps), (tf_fixed, tf_slope, _) = [line for line in lines if line]
    if (tf_slope > torch_slope) != (step.larger == "tf"):
        return []
    meet = (tf_fixed - torch_fixed) / (torch_slope - tf_slope)
    if not 1 <= meet <= 1e8:
        return []
    quick = NAMES["torch" if step.larger == "tf" else "tf"]
    return [
        f"Training length, {workload.label}: from about {meet:,.0f} steps on, {quick}'s total "
        f"time is shorter; below that, the other's (these runs: {steps:,.0f} steps). "
        "Projected from the start-up and the time per step, not measured."
    ]


def _line(records: list[RunRecord]) -> tuple[float, float, float] | None:
    """Fixed seconds, seconds per step and number of steps: means over the runs."""
    rows: list[tuple[float, float, float]] = []
    for record in records:
        phases, steps, first = record.phases, record.num_steps, record.num_first_steps
        if phases is None or steps is None or first is None or steps <= first:
            return None
        slope = (phases.steady_s + phases.evaluation_s) / (steps - first)
        rows.append((phases.total_s - slope * steps, slope, steps))
    if not rows:
        return None
    fixed, slope, steps_mean = (fmean(column) for column in zip(*rows, strict=True))
    return fixed, slope, steps_mean


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
