"""A question's answer as a table: N, both frameworks, the difference, intervals, the verdict."""

from dataclasses import dataclass, field

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.assess import Answer, Evidence
from fwexp.evidence.decision import OTHER, listing
from fwexp.evidence.verdicts import Finding, Verdict
from fwexp.writeup.numbers import percent, tell_interval, tell_mean, tell_points, tell_ratio


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of the write-up, already in words; columns after the first may hold figures."""

    key: str
    title: str
    columns: list[str]
    rows: list[list[str]]
    lead: str = ""  # the sentence above
    basis: str = ""  # measured | projected
    figures: list[int] = field(default_factory=list)  # the columns set flush right
    notes: list[str] = field(default_factory=list)


def answer_table(answer: Answer, evidence: Evidence) -> Table:
    """One question over all workloads."""
    confidence = evidence.manifest.comparison["confidence"]
    question, ratio = answer.question, answer.scale.ratio
    differs = "TensorFlow ÷ PyTorch" if ratio else "TensorFlow − PyTorch, points"
    return Table(
        key=question.key,
        title=question.title,
        lead=question.explanation,
        basis=question.basis,
        columns=[
            "Workload",
            "N",
            f"PyTorch, {question.unit}",
            f"TensorFlow, {question.unit}",
            differs,
            f"{percent(2 * confidence - 1)} interval",
            f"{percent(confidence)} interval",
            "Verdict",
        ],
        figures=[1, 2, 3, 4, 5, 6],
        rows=[_row(finding, answer) for finding in answer.findings],
        notes=_notes(answer, evidence),
    )


def cell(text: str) -> str:
    """Text that cannot end a Markdown table's cell."""
    return " ".join(text.replace("|", "\\|").split())


def tell_verdict(finding: Finding, answer: Answer) -> str:
    """The verdict in words; a winner is named only where the difference is material."""
    if finding.verdict is Verdict.MATERIAL and finding.larger:
        more = answer.question.more_is_better
        winner = finding.larger if more else OTHER[finding.larger]
        return f"{finding.verdict}: {NAMES[winner]} is {answer.question.better}"
    return str(finding.verdict)


def tell_estimate(finding: Finding, answer: Answer) -> str:
    """The difference or ratio; a dash where nothing is inferred."""
    if finding.estimate is None:
        return "–"
    return (tell_ratio if answer.scale.ratio else tell_points)(finding.estimate)


def tell_alone(finding: Finding, answer: Answer) -> str:
    """The figures of the one framework that ran, with their unit."""
    figures = tell_mean(finding.torch or finding.tf, percent=not answer.scale.ratio)
    return f"{figures} {answer.question.unit}"


def tell_margin(answer: Answer) -> str:
    """What counts as the same, in the question's unit."""
    margin = answer.scale.margin
    if answer.scale.ratio:
        return f"ratios from {1 / margin:.3f} to {margin:g}"
    return f"differences within ±{margin:g} points"


def _row(finding: Finding, answer: Answer) -> list[str]:
    ratio = answer.scale.ratio
    verdict = tell_verdict(finding, answer)
    told = finding.reason and finding.verdict is not Verdict.VOID  # the certificate tells that
    return [
        finding.workload,
        str(finding.n),
        tell_mean(finding.torch, percent=not ratio),
        tell_mean(finding.tf, percent=not ratio),
        tell_estimate(finding, answer),
        tell_interval(finding.inner, ratio=ratio),
        tell_interval(finding.outer, ratio=ratio),
        f"{verdict} ({finding.reason})" if told else verdict,
    ]


def _notes(answer: Answer, evidence: Evidence) -> list[str]:
    notes = [
        f"Mean ± standard deviation over runs. Declared as the same: {tell_margin(answer)}. "
        "Intervals are not adjusted; verdicts are, for the number of workloads (Holm)."
    ]
    notes += [
        f"{finding.workload}: left out, as {listing(finding.dropped)}."
        for finding in answer.findings
        if finding.dropped
    ]
    tested = any(finding.estimate is not None for finding in answer.findings)
    if answer.elsewhere:
        shown = tell_interval(answer.elsewhere, ratio=answer.scale.ratio)
        level = percent(evidence.manifest.comparison["confidence"])
        notes.append(f"Expected on another such workload, on average: {shown} ({level} interval).")
    elif tested:
        notes.append(f"Another workload: nothing is said. {answer.elsewhere_reason}.")
    return notes
