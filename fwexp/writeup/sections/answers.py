"""The answer to each question: N, both frameworks, the difference, intervals, the verdict."""

from functools import partial

from fwexp.evidence.assess import Answer, Evidence
from fwexp.evidence.decision import listing
from fwexp.evidence.questions import is_score
from fwexp.evidence.settings import turning_settings
from fwexp.evidence.verdicts import Finding, Verdict
from fwexp.writeup.charts import score_chart, throughput_chart
from fwexp.writeup.findings import format_estimate, format_margin, format_verdict
from fwexp.writeup.numbers import format_interval, format_mean, percent
from fwexp.writeup.section import Chart, Section, Table

TIMES = ("total", "target", "step")


def answers(evidence: Evidence) -> list[Section]:
    """A section for each question, over all workloads it was asked of."""
    return [
        Section(
            key=answer.question.key,
            title=answer.question.title,
            basis=answer.question.basis,
            lead=answer.question.explanation,
            table=_table(answer, evidence),
            notes=_notes(answer, evidence),
            chart=_chart(answer, evidence),
        )
        for answer in evidence.answers
    ]


def _table(answer: Answer, evidence: Evidence) -> Table:
    confidence = evidence.manifest.comparison.confidence
    unit = answer.question.unit
    return Table(
        columns=[
            "Workload",
            "N",
            f"PyTorch, {unit}",
            f"TensorFlow, {unit}",
            "TensorFlow ÷ PyTorch" if answer.scale.ratio else "TensorFlow − PyTorch, points",
            f"{percent(2 * confidence - 1)} interval",
            f"{percent(confidence)} interval",
            "Verdict",
        ],
        figures=[1, 2, 3, 4, 5, 6],
        rows=[_row(finding, answer) for finding in answer.findings],
    )


def _row(finding: Finding, answer: Answer) -> list[str]:
    ratio = answer.scale.ratio
    verdict = format_verdict(finding, answer)
    reasons = [] if finding.verdict is Verdict.VOID else [finding.reason]  # the certificate tells
    told = "; ".join(filter(None, (*reasons, finding.note)))
    return [
        finding.workload,
        str(finding.n),
        format_mean(finding.torch, percent=not ratio),
        format_mean(finding.tf, percent=not ratio),
        format_estimate(finding, answer),
        format_interval(finding.inner, ratio=ratio),
        format_interval(finding.outer, ratio=ratio),
        f"{verdict} ({told})" if told else verdict,
    ]


def _notes(answer: Answer, evidence: Evidence) -> list[str]:
    notes = [
        "Mean ± standard deviation over runs. Declared to count as the same: "
        f"{format_margin(answer)}. The intervals of all workloads hold together, and a verdict is "
        "what they show."
    ]
    notes += [
        f"{finding.workload}: excluded because {listing(finding.dropped)}."
        for finding in answer.findings
        if finding.dropped
    ]
    if answer.question.key in TIMES:
        found = turning_settings(evidence.workloads, answer.findings, margin=answer.scale.margin)
        notes += [f"{told}." for told in found]
    tested = any(finding.estimate is not None for finding in answer.findings)
    if answer.elsewhere:
        shown = format_interval(answer.elsewhere, ratio=answer.scale.ratio)
        level = percent(evidence.manifest.comparison.confidence)
        notes.append(f"Expected on another such workload: {shown} ({level} prediction interval).")
    elif tested:
        notes.append(f"No statement about other workloads ({answer.elsewhere_reason}).")
    return notes


def _chart(answer: Answer, evidence: Evidence) -> Chart | None:
    """The chart that belongs to a question; None where the table says it all."""
    some = any(run.timing_problem for workload in evidence.workloads for run in workload.runs)
    without = " Runs whose times do not count are not shown." if some else ""
    if is_score(answer.question):
        caption = f"Thin lines: single runs. Thick line: mean over seeds.{without}"
        return Chart(draw=partial(score_chart, evidence, answer), caption=caption)
    if answer.question.key == "step":
        caption = f"Small marks: single runs. Large marks: mean with its interval.{without}"
        return Chart(draw=partial(throughput_chart, evidence), caption=caption)
    return None
