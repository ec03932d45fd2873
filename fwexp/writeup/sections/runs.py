"""The runs whose score or times do not count, and those that look unusual."""

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.assess import Evidence
from fwexp.writeup.section import Section, Table


def runs(evidence: Evidence) -> list[Section]:
    """Every run that is left out, wholly or in its times, and every sign of a disturbance."""
    rows = [
        [
            workload.label,
            NAMES[run.framework],
            str(run.seed),
            run.problem or "only its score counts",
            run.reason or run.timing_problem,
        ]
        for workload in evidence.workloads
        for run in workload.runs
        if run.problem or run.timing_problem
    ]
    return [
        Section(
            key="runs",
            title="Excluded and unusual runs",
            table=Table(
                columns=["Workload", "Framework", "Seed", "Problem", "Reason"],
                figures=[2],
                rows=rows,
            ),
            notes=[f"Possibly disturbed, but not excluded: {text}." for text in evidence.disturbed]
            + _unwatched(evidence)
            + [f"Cannot be read: {text}" for text in evidence.complaints],
        )
    ]


def _unwatched(evidence: Evidence) -> list[str]:
    """Why it is not known of some runs whether others used their GPU."""
    all_runs = [run for workload in evidence.workloads for run in workload.runs]
    reasons = [r.record.load.unknown for r in all_runs if r.record and r.record.load]
    return [
        f"For {reasons.count(reason)} of {len(all_runs)} runs it is not known whether other "
        f"processes used their GPU: {reason}."
        for reason in dict.fromkeys(filter(None, reasons))
    ]
