"""A sweep's W&B Report: the write-up's words and tables, and panels that stay live."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import wandb_workspaces.reports.v2 as wr
from wandb_workspaces import expr

from fwexp.evidence.aggregate import FRAMEWORKS, NAMES, Workload
from fwexp.evidence.assess import Evidence
from fwexp.evidence.questions import is_score
from fwexp.files import read_if_sound, write_json
from fwexp.store.store import Store
from fwexp.text import clean, in_markdown
from fwexp.tracking.run_content import FRAMEWORK, content_id
from fwexp.tracking.wandb.service import PROJECT, Service, ServiceError, as_service_errors
from fwexp.tracking.wandb.sync_state import receipts_of
from fwexp.writeup.first_screen import warnings
from fwexp.writeup.section import Section, Table
from fwexp.writeup.sections import page_sections

GROUPED: dict[str, Any] = {
    "groupby": wr.Config(FRAMEWORK),
    "groupby_aggfunc": "mean",
    "groupby_rangefunc": "minmax",
}
SECONDS = {"x": "time/train_s", "title_x": "training time, s (evaluations excluded)"}


@dataclass(frozen=True, kw_only=True)
class Publication:
    """Where a sweep's Report was published."""

    id: str
    url: str


def project_of(evidence: Evidence) -> str:
    """The W&B project that the sweep's runs name."""
    workloads = evidence.manifest.workloads.values()
    return next((workload.config.tracking.project for workload in workloads), PROJECT)


def publish(store: Store, evidence: Evidence, *, service: Service) -> str:
    """The address of the sweep's Report: a new one, or the one of its last publication, renewed.

    ServiceError if the service lacks some of the runs.
    """
    name, ids = evidence.manifest.name, wandb_ids(store, evidence)
    missing = set(ids.values()) - set(service.find(ids.values()))
    if missing:
        raise ServiceError(
            f"{service.url}/{service.path} lacks {len(missing)} of the {len(ids)} runs of {name}: "
            f"type fwexp sync {name} first"
        )
    report = build_report(evidence, wandb_ids=ids, entity=service.entity, project=service.project)
    note = receipts_of(store.path, service=service).folder / f"report-{name}.json"
    if published := read_if_sound(note, Publication):
        report.id = published.id
    with as_service_errors(service.url):
        report.save()
    write_json(note, Publication(id=report.id, url=report.url))
    return str(report.url)


def wandb_ids(store: Store, evidence: Evidence) -> dict[str, str]:
    """The W&B ids of the runs that have a record, by run id."""
    machine_class = evidence.manifest.machine_class
    runs = [run for workload in evidence.workloads for run in workload.runs if run.has_record]
    return {run.run_id: content_id(store.run(machine_class, run.run_id).path) for run in runs}


def build_report(
    evidence: Evidence, *, wandb_ids: dict[str, str], entity: str, project: str
) -> wr.Report:
    """The Report; `wandb_ids` are those of the runs that have a record, by run id."""
    manifest, decision = evidence.manifest, evidence.decision
    choices, *others = page_sections(evidence)
    blocks = [
        wr.P(clean(decision.headline)),
        wr.P(clean(f"How sure? {decision.how_sure}")),
        *_list("Caveats", warnings(evidence)),
        *_section(choices),
        *_live(evidence, wandb_ids),
        *(block for section in others for block in _section(section)),
        wr.P(clean(f"To reproduce: {manifest.command}")),
    ]
    title = f"TensorFlow or PyTorch: {_in_address(manifest.title)}"
    return wr.Report(
        project=project,
        entity=entity,
        title=title[:128],  # W&B's limit
        description=clean(decision.recommendation),
        blocks=blocks,
        width="fluid",
    )


def spec_text(report: wr.Report) -> str:
    """The Report as W&B stores it, as JSON; needs no service."""
    spec: str = report._to_model().spec.model_dump_json(by_alias=True, exclude_none=True)
    return spec


def _live(evidence: Evidence, wandb_ids: dict[str, str]) -> Iterator[Any]:
    """Panels per workload with runs: a mean over several workloads would say nothing."""
    if wandb_ids:
        yield wr.H2("The runs, live")
    for workload in evidence.workloads:
        if any(run.run_id in wandb_ids for run in workload.runs):
            yield wr.H3(clean(workload.label))
            run_sets, panels = _run_sets(workload, wandb_ids), _panels(workload, evidence)
            yield wr.PanelGrid(runsets=run_sets, panels=panels)


def _run_sets(workload: Workload, wandb_ids: dict[str, str]) -> list[wr.Runset]:
    """One per framework, of this workload's runs. Without a project of their own they take the
    Report's, and the service is not asked for its number."""
    sets = []
    for framework in FRAMEWORKS:
        runs = [run.run_id for run in workload.runs if run.framework == framework]
        ids = [wandb_ids[run_id] for run_id in runs if run_id in wandb_ids]
        filters = expr.And(expr.Config(FRAMEWORK) == framework, expr.Metric("ID").isin(ids))
        sets.append(wr.Runset(name=NAMES[framework], filters=filters))
    return sets


def _panels(workload: Workload, evidence: Evidence) -> list[Any]:
    asked = [answer.question for answer in evidence.answers if is_score(answer.question)]
    scores = [q.key.removeprefix("score ") for q in asked if q.applies(workload)]
    records = [run.record for run in workload.runs if run.record]
    units = dict.fromkeys(record.unit for record in records if record.unit)
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
            title="Peak memory, MiB",
            metrics=[wr.SummaryMetric("memory/peak_mib")],
            **GROUPED,
        ),
    ]


def _section(section: Section) -> Iterator[Any]:
    yield wr.H2(f"{section.title} ({section.basis})" if section.basis else section.title)
    if section.lead:
        yield wr.P(clean(section.lead))
    if section.table and section.table.rows:
        yield _markdown(section.table)
    if section.points:
        yield wr.UnorderedList(items=[clean(point) for point in section.points])
    for note in section.notes:
        yield wr.P(clean(note))


def _list(title: str, items: Sequence[str]) -> list[Any]:
    if not items:
        return []
    return [wr.H2(title), wr.UnorderedList(items=[clean(item) for item in items])]


def _markdown(table: Table) -> wr.MarkdownBlock:
    """The table, as in the local write-up."""
    marks = ["---:" if place in table.figures else "---" for place in range(len(table.columns))]
    lines = [table.columns, marks, *table.rows]
    text = "\n".join("| " + " | ".join(map(in_markdown, line)) + " |" for line in lines)
    return wr.MarkdownBlock(text=text)


def _in_address(title: str) -> str:
    """Without characters that would cut off the Report's address, which W&B makes of its title."""
    return " ".join(re.sub(r"[?#%/\\]", " ", clean(title)).split())
