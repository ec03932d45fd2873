"""Where the time of a run went."""

from statistics import fmean

from fwexp.evidence.aggregate import FRAMEWORKS, NAMES, Workload
from fwexp.evidence.assess import Evidence
from fwexp.store.record import RunRecord
from fwexp.writeup.numbers import tell
from fwexp.writeup.section import Section, Table

PHASES = {
    "Start": "start_s",
    "Data": "data_s",
    "Build": "build_s",
    "First steps": "first_steps_s",
    "Steady steps": "steady_s",
    "Evaluation": "evaluation_s",
    "Checkpoints": "checkpoint_s",
    "Total": "total_s",
}


def phases(evidence: Evidence) -> list[Section]:
    """Mean seconds of each phase, by workload and framework."""
    rows = [
        [workload.label, NAMES[framework], str(len(records)), *_means(records)]
        for workload in evidence.workloads
        for framework in FRAMEWORKS
        if (records := _records(workload, framework))
    ]
    return [
        Section(
            key="phases",
            title="Where the time went",
            basis="measured",
            lead="Mean seconds per run, by phase. The framework is imported once for all runs of a "
            "sweep, so its import is not in the total; a program started on its own pays for it "
            "every time.",
            table=Table(
                columns=[
                    "Workload",
                    "Framework",
                    "N",
                    *PHASES,
                    "Import, once",
                    "Data wait, ms per step",
                ],
                figures=list(range(2, 5 + len(PHASES))),
                rows=rows,
            ),
        )
    ]


def _records(workload: Workload, framework: str) -> list[RunRecord]:
    return [run.record for run in workload.timed(framework) if run.record]


def _means(records: list[RunRecord]) -> list[str]:
    columns = [
        [getattr(record.phases, name, None) for record in records] for name in PHASES.values()
    ]
    imports = [record.import_s for record in records]
    waits = [record.data_wait_ms_per_step for record in records]
    return [_mean(column) for column in (*columns, imports, waits)]


def _mean(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return tell(fmean(known)) if known else "–"
