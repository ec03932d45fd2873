"""What is too small to matter, whatever its ratio: told where it decides."""

from dataclasses import replace
from statistics import fmean

from fwexp.evidence.choice import Choice, Winner
from fwexp.evidence.verdicts import Finding, Scale, Verdict


def tell_floor(finding: Finding, *, scale: Scale, unit: str) -> Finding:
    """The same finding; where the floor makes two figures the same, it says so."""
    if finding.verdict not in (Verdict.EQUIVALENT, Verdict.IMMATERIAL) or finding.inner is None:
        return finding
    low, high = (1 / scale.margin, scale.margin) if scale.ratio else (-scale.margin, scale.margin)
    if low <= finding.inner.low and finding.inner.high <= high:  # the margin alone says so
        return finding
    apart = abs(fmean(finding.tf) - fmean(finding.torch))
    told = f"{apart:,.0f}" if apart >= 10 else f"{apart:.2g}"
    floor = f"{scale.floor:g} {unit}"
    reason = f"{told} {unit} apart, below the floor of {floor}"
    return replace(finding, reason=reason, by_floor=floor)


def name_floor(choice: Choice, *, speed: Finding) -> Choice:
    """The same choice; where the floor makes both times the same, its reason says so."""
    if choice.winner is not Winner.EITHER or not speed.by_floor:
        return choice
    same = f"the {choice.score} is the same within the margin, and " if choice.score else ""
    return replace(choice, because=f"{same}the times are less than {speed.by_floor} apart")
