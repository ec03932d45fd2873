"""The write-up's page: one view of the evidence, set as HTML and as Markdown."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fwexp.evidence.assess import Answer, Evidence
from fwexp.evidence.questions import is_score
from fwexp.writeup import charts
from fwexp.writeup import detail_tables as particulars
from fwexp.writeup import first_screen as summary
from fwexp.writeup.tables import Table, answer_table, cell

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A table, and the chart that belongs to it; `chart` is SVG text, or empty."""

    table: Table
    chart: str = ""
    caption: str = ""


def render_html(evidence: Evidence) -> str:
    """The page: one file, no script, no network."""
    return _render("page.html.j2", evidence, html=True)


def render_markdown(evidence: Evidence) -> str:
    """The same text and tables, without the charts."""
    return _render("page.md.j2", evidence, html=False)


def _render(template: str, evidence: Evidence, *, html: bool) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = cell
    return environment.get_template(template).render(
        evidence=evidence,
        manifest=evidence.manifest,
        decision=evidence.decision,
        figures=summary.key_figures(evidence),
        warnings=summary.warnings(evidence),
        choices=particulars.choice_table(evidence),
        ratios=Markup(charts.ratio_chart(evidence)) if html else "",
        sections=_questions(evidence, with_charts=html),
        details=details(evidence),
        not_measured=summary.not_measured(evidence),
        terms=summary.terms(evidence),
    )


def _questions(evidence: Evidence, *, with_charts: bool) -> list[Section]:
    sections = []
    for answer in evidence.answers:
        chart, caption = _chart(answer, evidence) if with_charts else ("", "")
        table = answer_table(answer, evidence)
        sections.append(Section(table=table, chart=Markup(chart), caption=caption))
    return sections


def _chart(answer: Answer, evidence: Evidence) -> tuple[str, str]:
    """The chart that belongs to a question, and what its marks mean."""
    some = any(run.untimed for workload in evidence.workloads for run in workload.runs)
    without = " Runs whose times do not count are left out." if some else ""
    if is_score(answer.question):
        caption = f"Thin: one run. Thick: the mean over seeds.{without}"
        return charts.score_chart(evidence, answer), caption
    if answer.question.key == "step":
        caption = f"Small: one run. Large: the mean, with its interval over runs.{without}"
        return charts.throughput_chart(evidence), caption
    return "", ""


def details(evidence: Evidence) -> list[Table]:
    """The tables below those of the questions, without the empty ones."""
    tables = [
        particulars.level_table(evidence),
        particulars.scaling_table(evidence),
        particulars.phase_table(evidence),
        particulars.certificate_table(evidence),
        particulars.lines_table(evidence),
        particulars.run_table(evidence),
        particulars.data_table(evidence),
        particulars.environment_table(evidence),
    ]
    return [table for table in tables if table.rows or table.notes]
