"""A finding in the reader's words: the verdict, the estimate, the margin."""

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.assess import Answer
from fwexp.evidence.choice import OTHER
from fwexp.evidence.verdicts import Finding, Verdict
from fwexp.writeup.numbers import format_mean, format_points, format_ratio


def format_verdict(finding: Finding, answer: Answer) -> str:
    """The verdict in words; a winner is named only where the difference is material."""
    if finding.verdict is Verdict.MATERIAL and finding.larger:
        more = answer.question.more_is_better
        winner = finding.larger if more else OTHER[finding.larger]
        return f"{finding.verdict}: {NAMES[winner]} is {answer.question.better}"
    return str(finding.verdict)


def format_estimate(finding: Finding, answer: Answer) -> str:
    """The difference or ratio; a dash where nothing is inferred."""
    if finding.estimate is None:
        return "–"
    return (format_ratio if answer.scale.ratio else format_points)(finding.estimate)


def format_alone(finding: Finding, answer: Answer) -> str:
    """The figures of the one framework that ran, with their unit."""
    figures = format_mean(finding.torch or finding.tf, percent=not answer.scale.ratio)
    return f"{figures} {answer.question.unit}"


def format_margin(answer: Answer) -> str:
    """What counts as the same, in the question's unit."""
    margin, floor = answer.scale.margin, answer.scale.floor
    if not answer.scale.ratio:
        return f"differences within ±{max(margin, floor):g} points"
    below = f", and differences below {floor:g} {answer.question.unit}" if floor else ""
    return f"ratios from {1 / margin:.3f} to {margin:g}{below}"
