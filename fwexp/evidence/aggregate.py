"""A sweep's records by workload, with every unusable run named."""

from dataclasses import dataclass, field, replace
from typing import Any

from fwexp.config.plain import to_plain
from fwexp.config.schema import Config
from fwexp.evidence.run_audit import RunAudit
from fwexp.evidence.timing_validity import timing_problem
from fwexp.store.certificate import Certificate
from fwexp.store.manifest import Manifest
from fwexp.store.record import Failure, RunRecord
from fwexp.tasks.metric import Metric

FRAMEWORKS = ("torch", "tf")
NO_RECORD = "missing"  # the run has no readable record
NAMES = {"torch": "PyTorch", "tf": "TensorFlow"}
# Not in a workload's label: the same for the whole sweep, or shown next to it.
NOT_IN_LABEL = ("comparison", "launcher", "tracking", "pricing", "store")
SHOWN_ELSEWHERE = {"training.target", "training.quality_target", "training.baseline"}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One declared run; `record` is None if it cannot be used, and `reason` says why."""

    run_id: str
    framework: str
    seed: int
    block: int | None  # its place in the manifest's blocks, from 0
    record: RunRecord | None = None
    problem: str = ""  # NO_RECORD | failed | other machine class
    reason: str = ""
    failure: Failure | None = None  # what its record says went wrong, on this machine class
    timing_problem: str = ""  # why its times do not count; its score does

    @property
    def has_record(self) -> bool:
        """Whether it has a readable record."""
        return self.problem != NO_RECORD


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Everything but framework and seed: the subject of one comparison."""

    label: str  # what varies within the sweep
    config: Config  # its framework and seed are arbitrary
    runs: list[Run]
    needs_certificate: bool = False  # False: one framework, nothing to compare
    certificate: Certificate | None = None
    audit: RunAudit = field(default_factory=RunAudit)

    @property
    def metric(self) -> Metric | None:
        """The headline metric of its runs; None until one has finished."""
        found = (run.record.metric for run in self.runs if run.record and run.record.metric)
        return next(found, None)

    @property
    def target(self) -> float | None:
        """The declared score that training time is measured to."""
        return self.config.training.target

    @property
    def only(self) -> str | None:
        """Its only framework; None if there are two to compare."""
        declared = {run.framework for run in self.runs}
        return declared.pop() if len(declared) == 1 else None

    @property
    def num_seeds(self) -> int:
        """How many seeds were declared."""
        return len({run.seed for run in self.runs})

    def used(self, framework: str) -> list[Run]:
        """One framework's runs that have a usable record, by seed."""
        own = [run for run in self.runs if run.framework == framework and run.record]
        return sorted(own, key=lambda run: run.seed)

    def timed(self, framework: str) -> list[Run]:
        """Those whose times count."""
        return [run for run in self.used(framework) if not run.timing_problem]


def aggregate(
    manifest: Manifest, records: dict[str, RunRecord], certificates: dict[str, Certificate]
) -> list[Workload]:
    """The manifest's workloads, each with its runs and their usable records."""
    block_of = {run_id: i for i, block in enumerate(manifest.blocks) for run_id in block}
    runs: dict[str, list[Run]] = {key: [] for key in manifest.workloads}
    for run_id, declared in manifest.runs.items():
        run = _run(run_id, manifest, records.get(run_id), block=block_of.get(run_id))
        runs[declared.workload].append(run)
    labels = _labels([workload.config for workload in manifest.workloads.values()])
    return [
        Workload(
            label=label,
            config=declared.config,
            runs=runs[key],
            needs_certificate=declared.certificate is not None,
            certificate=certificates.get(declared.certificate or ""),
        )
        for label, (key, declared) in zip(labels, manifest.workloads.items(), strict=True)
    ]


def _run(run_id: str, manifest: Manifest, record: RunRecord | None, *, block: int | None) -> Run:
    problem, reason = _problem(record, machine_class=manifest.machine_class)
    # a record may serve several sweeps: its targets come from this one
    config = manifest.config_of(run_id)
    usable = None if problem or record is None else replace(record, config=config)
    return Run(
        run_id=run_id,
        framework=config.framework.name,
        seed=config.seed,
        block=block,
        record=usable,
        problem=problem,
        reason=reason,
        failure=record.failure if record and problem == "failed" else None,
        timing_problem=timing_problem(usable) if usable else "",
    )


def _problem(record: RunRecord | None, *, machine_class: str) -> tuple[str, str]:
    if record is None:
        return NO_RECORD, "has not run, or its record is gone"
    if record.machine_class != machine_class:
        return "other machine class", f"ran on {record.machine_class}: times are not compared"
    if record.status == "done":
        return "", ""
    failure = record.failure
    return "failed", failure.text() if failure else record.status


def _labels(configs: list[Config]) -> list[str]:
    """One label per workload: the names and values that differ between them."""
    leaves = [_leaves(_labelled(config)) for config in configs]
    varying = [
        key
        for key in dict.fromkeys(key for leaf in leaves for key in leaf)
        if key not in SHOWN_ELSEWHERE and len({leaf.get(key) for leaf in leaves}) > 1
    ]
    named = [key for key in varying if key.endswith(".name") and key.count(".") == 1]
    labelling = [key for key in varying if key in named or not _explained(key, leaves, named)]
    labelling = labelling or ["model.name"]
    return [
        " · ".join(_label_part(key, leaf[key]) for key in labelling if leaf.get(key) is not None)
        for leaf in leaves
    ]


def _labelled(config: Config) -> dict[str, Any]:
    plain: dict[str, Any] = to_plain(config)
    return {key: value for key, value in plain.items() if key not in NOT_IN_LABEL}


def _explained(key: str, leaves: list[dict[str, str]], named: list[str]) -> bool:
    """Whether the group's name alone determines this key's value."""
    name = f"{key.split('.')[0]}.name"
    if name not in named:
        return False
    values: dict[str, set[str | None]] = {}
    for leaf in leaves:
        values.setdefault(leaf[name], set()).add(leaf.get(key))
    return all(len(found) == 1 for found in values.values())


def _label_part(key: str, value: str) -> str:
    return value if key.endswith(".name") else f"{key.rsplit('.', 1)[-1]}={value}"


def _leaves(node: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in node.items():
        if isinstance(value, dict):
            found |= _leaves(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = str(value)
    return found
