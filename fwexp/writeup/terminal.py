"""The recommendation in the terminal: headline, one compact table, the page's path."""

from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from fwexp.evidence.assess import Evidence
from fwexp.evidence.verdicts import Verdict
from fwexp.text import clean
from fwexp.writeup.findings import format_alone, format_estimate, format_verdict
from fwexp.writeup.first_screen import turning, warnings
from fwexp.writeup.numbers import format_interval, percent

STYLES = {
    Verdict.EQUIVALENT: "green",
    Verdict.IMMATERIAL: "green",
    Verdict.MATERIAL: "bold",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.VOID: "red",
    Verdict.ALONE: "yellow",
    Verdict.UNKNOWN: "yellow",
}


def show(evidence: Evidence, *, page: Path, console: Console) -> None:
    """Print headline, verdicts and path; a pipe gets plain lines, one per finding."""
    in_a_pipe = not console.is_terminal  # there a line stays whole; a terminal wraps at words
    console.print(Text(clean(evidence.decision.headline), style="bold"), soft_wrap=in_a_pipe)
    console.print(Text(clean(f"How sure? {evidence.decision.how_sure}")), soft_wrap=in_a_pipe)
    for setting in turning(evidence):
        console.print(Text(clean(f"{setting}.")), soft_wrap=in_a_pipe)
    for warning in warnings(evidence):
        console.print(Text(clean(f"! {warning}"), style="yellow"), soft_wrap=in_a_pipe)
    if console.is_terminal:
        console.print(_table(evidence))
    else:
        for row, _ in _rows(evidence):
            console.print(Text("  ".join(row)), soft_wrap=True)
    console.print(Text(f"page: {page}"), soft_wrap=True)


def _table(evidence: Evidence) -> RichTable:
    level = percent(evidence.manifest.comparison.confidence)
    table = RichTable(
        caption=f"TensorFlow ÷ PyTorch, or points; {level} intervals, all at once",
        caption_justify="left",
    )
    for column in ("Question", "Workload", "N", "Estimate", "Interval", "Verdict", "Basis"):
        table.add_column(column, justify="right" if column in ("N", "Estimate") else "left")
    for row, verdict in _rows(evidence):
        *figures, told, basis = map(Text, row)
        told.style = STYLES[verdict]
        table.add_row(*figures, told, basis)
    return table


def _rows(evidence: Evidence) -> list[tuple[list[str], Verdict]]:
    rows = []
    for answer in evidence.answers:
        for finding in answer.findings:
            is_alone = finding.verdict is Verdict.ALONE
            estimate = (format_alone if is_alone else format_estimate)(finding, answer)
            shown = finding.estimate is not None
            cells = [
                answer.question.title,
                finding.workload,
                str(finding.n),
                f"{estimate}×" if shown and answer.scale.ratio else estimate,
                format_interval(finding.outer, ratio=answer.scale.ratio),
                format_verdict(finding, answer),
                answer.question.basis,
            ]
            rows.append(([clean(text) for text in cells], finding.verdict))
    return rows
