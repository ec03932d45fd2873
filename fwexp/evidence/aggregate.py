"""A sweep's records sorted into workloads, with every run that cannot be used named."""

import json
from dataclasses import dataclass, replace
from typing import Any

from fwexp.evidence.timing_validity import why_untimed
from fwexp.store.manifest import Manifest
from fwexp.store.record import RunRecord
from fwexp.tasks.metric import Metric

FRAMEWORKS = ("torch", "tf")
MISSING = "missing"  # what is wrong with a run that has no record, or a torn one
NAMES = {"torch": "PyTorch", "tf": "TensorFlow"}
# what may differ between two runs of one workload
_NOT_WORKLOAD = ("framework", "seed", "comparison", "launcher", "tracking", "pricing", "store")
# than in a workload's label: each has one
_TOLD_ELSEWHERE = {"training.target", "training.level", "training.baseline"}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run the sweep declared; `record` is None where it cannot be used, `reason` says why."""

    run_id: str
    framework: str
    seed: int
    block: int | None  # its place in the manifest's blocks, from 0
    record: RunRecord | None = None
    problem: str = ""  # MISSING | failed | other machine class
    reason: str = ""
    untimed: str = ""  # why its times count for nothing; its score does

    @property
    def is_there(self) -> bool:
        """Whether it has a record that can be read, of whatever it tells."""
        return self.problem != MISSING


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Everything but framework and seed: what one comparison is about."""

    label: str  # by what varies within the sweep
    config: dict[str, Any]
    runs: list[Run]

    @property
    def metric(self) -> Metric | None:
        """The headline metric of its runs; None where none has finished."""
        found = (run.record.metric for run in self.runs if run.record and run.record.metric)
        plain = next(found, None)
        return Metric(**plain) if plain else None

    @property
    def target(self) -> float | None:
        """The declared value of that metric, to which the time is measured."""
        target: float | None = self.config["training"]["target"]
        return target

    @property
    def only(self) -> str | None:
        """The one framework it was declared for; None where there are two to compare."""
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
        """Those of them whose times count."""
        return [run for run in self.used(framework) if not run.untimed]


def aggregate(manifest: Manifest, records: dict[str, RunRecord]) -> list[Workload]:
    """The manifest's runs by workload, in its order, each with its record if that is usable."""
    block_of = {run_id: i for i, block in enumerate(manifest.blocks) for run_id in block}
    groups: dict[str, list[Run]] = {}
    configs: dict[str, dict[str, Any]] = {}
    for run_id, config in manifest.runs.items():
        part = {key: value for key, value in config.items() if key not in _NOT_WORKLOAD}
        group = json.dumps(part, sort_keys=True)
        configs.setdefault(group, part)
        groups.setdefault(group, []).append(
            _run(run_id, config, block_of.get(run_id), records.get(run_id), manifest.machine_class)
        )
    labels = _labels(list(configs.values()))
    return [
        Workload(label=label, config=configs[group], runs=runs)
        for label, (group, runs) in zip(labels, groups.items(), strict=True)
    ]


def _run(
    run_id: str,
    config: dict[str, Any],
    block: int | None,
    record: RunRecord | None,
    machine_class: str,
) -> Run:
    problem, reason = _problem(record, machine_class=machine_class)
    # a record may serve several sweeps: its targets, say, are those of this one
    usable = None if problem or record is None else replace(record, config=config)
    return Run(
        run_id=run_id,
        framework=config["framework"]["name"],
        seed=config["seed"],
        block=block,
        record=usable,
        problem=problem,
        reason=reason,
        untimed=why_untimed(usable) if usable else "",
    )


def _problem(record: RunRecord | None, *, machine_class: str) -> tuple[str, str]:
    if record is None:
        return MISSING, "has not run, or its record is gone"
    if record.machine_class != machine_class:
        return "other machine class", f"ran on {record.machine_class}: times are not compared"
    if record.status == "done":
        return "", ""
    failure = record.failure
    return "failed", f"{failure.kind}: {failure.message}" if failure else record.status


def _labels(configs: list[dict[str, Any]]) -> list[str]:
    """One label a workload: the names and values that are not the same in all of them."""
    leaves = [_leaves(config) for config in configs]
    varying = [
        key
        for key in dict.fromkeys(key for leaf in leaves for key in leaf)
        if key not in _TOLD_ELSEWHERE and len({leaf.get(key) for leaf in leaves}) > 1
    ]
    named = [key for key in varying if key.endswith(".name") and key.count(".") == 1]
    told = [key for key in varying if key in named or not _explained(key, leaves, named)]
    told = told or ["model.name"]
    return [
        " · ".join(_tell(key, leaf[key]) for key in told if leaf.get(key) is not None)
        for leaf in leaves
    ]


def _explained(key: str, leaves: list[dict[str, str]], named: list[str]) -> bool:
    """Whether the group's name alone already says what this key's value is."""
    name = f"{key.split('.')[0]}.name"
    if name not in named:
        return False
    values: dict[str, set[str | None]] = {}
    for leaf in leaves:
        values.setdefault(leaf[name], set()).add(leaf.get(key))
    return all(len(found) == 1 for found in values.values())


def _tell(key: str, value: str) -> str:
    return value if key.endswith(".name") else f"{key.rsplit('.', 1)[-1]}={value}"


def _leaves(node: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in node.items():
        if isinstance(value, dict):
            found |= _leaves(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = str(value)
    return found
