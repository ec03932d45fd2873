"""The tables behind the answers: choices, phases, certificates, runs, data, environment."""

from statistics import fmean
from typing import Any

from fwexp.evidence.aggregate import FRAMEWORKS, NAMES, Run, Workload
from fwexp.evidence.assess import Evidence
from fwexp.evidence.quality_targets import Level
from fwexp.evidence.scaling import Scaling
from fwexp.models.code_lines import SHARED
from fwexp.store.record import RunRecord
from fwexp.writeup.numbers import tell, tell_interval
from fwexp.writeup.tables import Table

PHASES = {
    "Start": "start_s",
    "Data": "data_s",
    "Build": "build_s",
    "First steps": "first_steps_s",
    "Steady steps": "steady_s",
    "Evaluation": "evaluation_s",
    "Saving": "checkpoint_s",
    "Total": "total_s",
}
MAX_HASH = 12  # characters of a hash that a reader compares


def choice_table(evidence: Evidence) -> Table:
    """The recommendation, workload by workload."""
    return Table(
        key="choices",
        title="The recommendation, one by one",
        columns=["Workload", "Choose", "Because"],
        rows=[[c.workload, c.winner.told(), c.because] for c in evidence.decision.choices],
    )


def level_table(evidence: Evidence) -> Table:
    """Every run's score against the level it was to reach."""
    return Table(
        key="levels",
        title="Did the models learn?",
        lead="A level is declared before the runs, above what a simple way of answering reaches. "
        "The speed of a model that does not reach it says little.",
        basis="measured",
        columns=["Workload", "Framework", "Level", "Above", "Worst run", "Reached it"],
        figures=[2, 4, 5],
        rows=[_level_row(level) for level in evidence.levels],
    )


def _level_row(level: Level) -> list[str]:
    return [
        level.workload,
        NAMES[level.framework],
        tell(level.level),
        level.baseline,
        tell(level.worst) if level.worst is not None else "–",
        f"{level.num_reached} of {level.num_runs}",
    ]


def scaling_table(evidence: Evidence) -> Table:
    """The speed on several devices over as many times the speed on one."""
    return Table(
        key="scaling",
        title="How well do more devices help?",
        lead="Efficiency: samples a second on n devices, over n times those on one; 1 is perfect. "
        "With the batch as large in all, each device has less to do in a step; with the batch as "
        "large a device, as much. Steps once warm, paired by seed; geometric mean.",
        basis="measured",
        columns=["Workload", "Framework", "Devices", "Same batch", "N", "Efficiency", "Interval"],
        figures=[2, 4, 5, 6],
        rows=[_scaling_row(scaling) for scaling in evidence.scalings],
    )


def _scaling_row(scaling: Scaling) -> list[str]:
    return [
        scaling.workload,
        NAMES[scaling.framework],
        str(scaling.num_replicas),
        scaling.batch,
        str(len(scaling.efficiencies)),
        "–" if scaling.estimate is None else tell(scaling.estimate),
        tell_interval(scaling.interval, ratio=True),
    ]


def phase_table(evidence: Evidence) -> Table:
    """Mean seconds of each phase, by workload and framework."""
    rows = [
        [workload.label, NAMES[framework], str(len(records)), *_phase_means(records)]
        for workload in evidence.workloads
        for framework in FRAMEWORKS
        if (records := _records(workload, framework))
    ]
    return Table(
        key="phases",
        title="Where the time went",
        lead="Mean seconds of a run, by phase. Importing the framework happens once for all runs "
        "of a sweep and is not in the total; a program started on its own pays it each time.",
        basis="measured",
        columns=["Workload", "Framework", "N", *PHASES, "Import, once", "Input, ms a step"],
        figures=list(range(2, 5 + len(PHASES))),
        rows=rows,
    )


def _phase_means(records: list[RunRecord]) -> list[str]:
    phases = [
        [getattr(record.phases, name, None) for record in records] for name in PHASES.values()
    ]
    once = [record.import_s for record in records]
    waits = [record.data_wait_ms_per_step for record in records]
    return [_mean(column) for column in (*phases, once, waits)]


def _mean(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return tell(fmean(known)) if known else "–"


def certificate_table(evidence: Evidence) -> Table:
    """Every stage of every certificate, with its worst difference."""
    rows = [
        [
            certificate.model,
            certificate.optimizer,
            stage.name,
            f"{stage.difference:.1e}" if stage.difference else "0",
            f"{stage.tolerance:.0e}" if stage.tolerance else "exact",
            "passed" if stage.passed else "failed",
            f"{stage.where} {stage.detail}".strip() if not stage.passed else stage.where,
        ]
        for certificate in evidence.certificates
        for stage in certificate.stages
    ]
    return Table(
        key="certificates",
        title="Are both implementations the same computation?",
        lead="A comparison counts only if the model's two implementations agree, stage by stage.",
        basis="measured",
        columns=["Model", "Optimizer", "Stage", "Worst difference", "Tolerance", "Result", "Where"],
        figures=[3, 4],
        rows=rows,
        notes=[f"{label}: {reason}." for label, reason in evidence.void.items()]
        + [
            f"The locked steps of {c.model} are those of {c.stand_in}, a smaller size of the same "
            "code: twenty of its own in float64 are too large."
            for c in evidence.certificates
            if c.stand_in
        ],
    )


def lines_table(evidence: Evidence) -> Table:
    """How long each model's two implementations are."""
    lines = {certificate.model: certificate.code_lines for certificate in evidence.certificates}
    return Table(
        key="lines",
        title="How much code is the model?",
        lead="Lines of the model's implementation, and of what it takes from files it shares with "
        "other models; blanks, comments and docstrings are left out. The trainers, which all "
        "models share, are not counted, nor what both implementations have, the spec, nor what is "
        "there only to be the other framework's equal, as Keras's BatchNorm of torch's formula.",
        basis="measured",
        columns=["Model", "PyTorch, lines", "of these shared", "Keras, lines", "of these shared"],
        figures=[1, 2, 3, 4],
        rows=[
            [model, *_tell_lines(found, "torch.py"), *_tell_lines(found, "keras.py")]
            for model, found in lines.items()
            if found
        ],
    )


def _tell_lines(found: dict[str, int], file: str) -> tuple[str, str]:
    """All lines, and the shared ones: a dash in a certificate older than their counting."""
    shared = found.get(SHARED.format(file))
    return str(found[file] + (shared or 0)), "–" if shared is None else str(shared)


def run_table(evidence: Evidence) -> Table:
    """Runs that carry no figure or no time, and those that look disturbed."""
    odd = [
        (workload, run)
        for workload in evidence.workloads
        for run in workload.runs
        if run.problem or run.untimed
    ]
    rows = [
        [
            workload.label,
            NAMES[run.framework],
            str(run.seed),
            run.problem or "only its times do not count",
            run.reason or run.untimed,
        ]
        for workload, run in odd
    ]
    kept = "Looks disturbed, and stays in the figures"
    return Table(
        key="runs",
        title="Runs that do not count, or look odd",
        columns=["Workload", "Framework", "Seed", "What", "Why"],
        figures=[2],
        rows=rows,
        notes=[f"{kept}: {text}." for text in evidence.disturbed]
        + _unwatched(evidence)
        + [f"Not readable: {text}" for text in evidence.complaints],
    )


def _unwatched(evidence: Evidence) -> list[str]:
    """Why it is not known of some runs whether others used their GPU."""
    runs = [run for workload in evidence.workloads for run in workload.runs]
    reasons = [r.record.load.unknown for r in runs if r.record and r.record.load]
    return [
        f"Of {reasons.count(reason)} of {len(runs)} runs it is not known whether others used their "
        f"GPU: {reason}."
        for reason in dict.fromkeys(filter(None, reasons))
    ]


def data_table(evidence: Evidence) -> Table:
    """The data sets: size, provenance, licence and content hash."""
    sets = {w.config["data"]["name"]: w.config["data"] for w in evidence.workloads}
    rows = [
        [
            name,
            f"{data.get('num_train', '–'):,} / {data.get('num_test', '–'):,}",
            str(data.get("provenance", "–")),
            str(data.get("licence", "–")),
            str(data.get("sha256", "–"))[:MAX_HASH],
        ]
        for name, data in sets.items()
    ]
    return Table(
        key="data",
        title="Data",
        columns=["Data set", "Training / test samples", "Provenance", "Licence", "SHA-256"],
        rows=rows,
    )


def environment_table(evidence: Evidence) -> Table:
    """What the runs ran on and with; a value that differs is told by framework."""
    by_framework: dict[str, list[dict[str, str]]] = {name: [] for name in FRAMEWORKS}
    for workload in evidence.workloads:
        for run in workload.runs:
            if run.record:
                by_framework[run.framework].append(_surroundings(run))
    keys = dict.fromkeys(k for facts in by_framework.values() for fact in facts for k in fact)
    rows = [[key, *(_distinct(by_framework[name], key) for name in FRAMEWORKS)] for key in keys]
    return Table(
        key="environment",
        title="Environment",
        columns=["", *(NAMES[name] for name in FRAMEWORKS)],
        rows=[[key, torch, "same" if tf == torch else tf] for key, torch, tf in rows],
    )


def _surroundings(run: Run) -> dict[str, str]:
    assert run.record
    record = run.record
    return _flat({"machine class": record.machine_class} | record.environment) | _flat(
        record.effective, "effective "
    )


def _distinct(facts: list[dict[str, str]], key: str) -> str:
    return "; ".join(dict.fromkeys(fact[key] for fact in facts if key in fact)) or "–"


def _flat(node: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in node.items():
        name = prefix + str(key).replace("_", " ")
        found |= _flat(value, f"{name} ") if isinstance(value, dict) else {name: str(value)}
    return found


def _records(workload: Workload, framework: str) -> list[RunRecord]:
    return [run.record for run in workload.timed(framework) if run.record]
