"""The W&B Report of a sweep: the write-up's words and tables, and panels that stay live."""

from collections.abc import Iterator, Sequence
from typing import Any

import wandb_workspaces.reports.v2 as wr
from wandb_workspaces import expr

from fwexp.evidence.aggregate import FRAMEWORKS, NAMES
from fwexp.evidence.assess import Evidence
from fwexp.evidence.questions import is_score
from fwexp.launch.manifest import Manifest
from fwexp.tracking.rows import FLAT
from fwexp.writeup import particulars, summary
from fwexp.writeup.tables import Table, answer_table

GROUPED: dict[str, Any] = {
    "groupby": wr.Config(FLAT),
    "groupby_aggfunc": "mean",
    "groupby_rangefunc": "minmax",
}
SECONDS = {"x": "time/train_s", "title_x": "training time, s (evaluations excluded)"}


def build_report(
    evidence: Evidence, *, wandb_ids: dict[str, str], entity: str, project: str
) -> wr.Report:
    """The Report; `wandb_ids` are those of the runs that have a copy, by run id."""
    manifest, decision = evidence.manifest, evidence.decision
    blocks = [
        wr.P(decision.headline),
        wr.P(f"How sure? {decision.how_sure}"),
        *_list("Mind", summary.warnings(evidence)),
        wr.H2("The recommendation, one by one"),
        _markdown(particulars.choice_table(evidence)),
        wr.H2("The runs, live"),
        wr.PanelGrid(runsets=_run_sets(manifest, wandb_ids), panels=_panels(evidence)),
        *_list("What would change this answer", evidence.changes),
        *(
            block
            for answer in evidence.answers
            for block in _section(answer_table(answer, evidence))
        ),
        *_section(particulars.level_table(evidence)),
        *_section(particulars.certificate_table(evidence)),
        *_list("What was not measured", summary.not_measured(evidence)),
        *_list("How this was decided", summary.terms(evidence)),
        wr.P(f"To repeat it: {manifest.command}"),
    ]
    title = f"TensorFlow or PyTorch: {manifest.title}"  # a "?" would cut the Report's address
    return wr.Report(
        project=project,
        entity=entity,
        title=title[:128],  # W&B takes no more
        description=decision.recommendation,
        blocks=blocks,
        width="fluid",
    )


def spec_text(report: wr.Report) -> str:
    """The Report as W&B stores it, in JSON; asks no service."""
    spec: str = report._to_model().spec.model_dump_json(by_alias=True, exclude_none=True)
    return spec


def _run_sets(manifest: Manifest, wandb_ids: dict[str, str]) -> list[wr.Runset]:
    """One a framework, of this sweep's runs; without a project of their own they are the Report's,
    and nobody is asked for its number."""
    sets = []
    for framework in FRAMEWORKS:
        runs = [i for i, c in manifest.runs.items() if c["framework"]["name"] == framework]
        ids = [wandb_ids[run_id] for run_id in runs if run_id in wandb_ids]
        filters = expr.And(expr.Config(FLAT) == framework, expr.Metric("ID").isin(ids))
        sets.append(wr.Runset(name=NAMES[framework], filters=filters))
    return sets


def _panels(evidence: Evidence) -> list[Any]:
    scores = [
        a.question.key.removeprefix("score ") for a in evidence.answers if is_score(a.question)
    ]
    runs = [run.record for w in evidence.workloads for run in w.runs if run.record]
    units = dict.fromkeys(record.unit for record in runs if record.unit)
    return [
        wr.LinePlot(title="Training loss", y=["train/loss"], **SECONDS, **GROUPED),
        *(
            wr.LinePlot(title=f"Test {score}", y=[f"val/{score}"], **SECONDS, **GROUPED)
            for score in scores
        ),
        *(
            wr.BarPlot(
                title=f"{unit} per second, once warm",
                metrics=[wr.SummaryMetric(f"throughput/{unit}_per_s")],
                **GROUPED,
            )
            for unit in units
        ),
        *(
            wr.ScatterPlot(
                title=f"Cost of a run, US$, and test {score}",
                x=wr.SummaryMetric("cost_usd"),
                y=wr.SummaryMetric(f"final/test_{score}"),
            )
            for score in scores
        ),
        wr.BarPlot(
            title="Memory that training adds at its peak, MiB",
            metrics=[wr.SummaryMetric("memory/train_peak_mib")],
            **GROUPED,
        ),
    ]


def _section(table: Table) -> Iterator[Any]:
    if not (table.rows or table.notes):
        return
    yield wr.H2(f"{table.title} ({table.basis})" if table.basis else table.title)
    if table.lead:
        yield wr.P(table.lead)
    if table.rows:
        yield _markdown(table)
    for note in table.notes:
        yield wr.P(note)


def _list(title: str, items: Sequence[str]) -> list[Any]:
    if not items:
        return []
    return [wr.H2(title), wr.UnorderedList(items=list(items))]


def _markdown(table: Table) -> wr.MarkdownBlock:
    """The table as in the local write-up."""
    marks = ["---:" if place in table.figures else "---" for place in range(len(table.columns))]
    lines = [table.columns, marks, *table.rows]
    text = "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)
    return wr.MarkdownBlock(text=text)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
