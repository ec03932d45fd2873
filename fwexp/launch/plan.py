"""The plan: a sweep turned into validated, deduplicated runs, before anything starts."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fwexp.config import rules
from fwexp.config.identity import (
    UNDECIDING_FIELDS,
    package_folder,
    run_digests,
    run_ids,
    workload_key,
)
from fwexp.config.ranges import value_at
from fwexp.config.schema import Config
from fwexp.errors import ConfigError, DeviceError
from fwexp.launch.combine import combine
from fwexp.launch.slurm.site import read_site, resources_for
from fwexp.meters import probe
from fwexp.models.linter import live_traps
from fwexp.models.registry import load_spec
from fwexp.parity.stand_in import stand_in_of
from fwexp.tasks.checks import check_task

ONE_A_WORKLOAD = [f"{group}.{key}" for group, keys in UNDECIDING_FIELDS.items() for key in keys]
DECLARED_ONCE = (
    *("comparison", "pricing"),
    *("launcher", "store", "tracking"),
)


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    run_id: str
    config: Config
    digests: dict[str, str]
    workload: str  # the same for runs that differ in framework and seed alone


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The runs of a command, in blocks, in the order in which they start."""

    name: str
    title: str
    command: str
    machine_class: str
    blocks: list[list[PlannedRun]]

    @property
    def runs(self) -> list[PlannedRun]:
        return [run for block in self.blocks for run in block]

    @property
    def first(self) -> Config:
        return self.runs[0].config


def plan_runs(
    axes: Mapping[str, Sequence[str]],
    overrides: Sequence[str],
    *,
    name: str,
    title: str,
    command: str,
    cases: Sequence[Sequence[str]] = ((),),
    config_dirs: Sequence[str] = (),
) -> Plan:
    """Every combination of the axes' overrides in every case as a run, checked whole before any
    starts. A case's overrides yield to those of the command line.

    Without a `seed` axis there is one run a seed, of comparison.num_seeds.
    """
    varied = {axis: texts for axis, texts in axes.items() if axis != "seed"}
    settings = [c for case in cases for c in combine(varied, [*case, *overrides], config_dirs)]
    seeds = _seeds(axes, settings[0])
    _check_rules(settings, seeds)
    _check_timed(settings)
    _check_declared_once(settings)
    check = _Checks()
    runs = [run for c in settings for run in _plan(c, seeds, check)]
    _check_one_a_workload(runs)
    unique = {run.run_id: run for run in runs}
    classes = {machine_class(config) for config in one_a_device(settings)}
    if len(classes) > 1:
        raise ConfigError(
            [
                "a sweep is compared within one machine class, but this one has "
                f"{' and '.join(sorted(classes))}; type a sweep for each"
            ]
        )
    return Plan(
        name=name,
        title=title,
        command=command,
        machine_class=classes.pop(),
        blocks=_in_blocks(list(unique.values())),
    )


def machine_class(config: Config) -> str:
    """Of the machine that the run is for: this one, or the nodes of a cluster."""
    if config.launcher.name != "slurm":
        return probe.machine_class(config)
    resources = resources_for(config, read_site(config.launcher.site))
    if resources.machine_class:
        return resources.machine_class
    try:
        return probe.machine_class(config)
    except DeviceError as error:
        name = config.hardware.name
        raise DeviceError(
            f"slurm/{config.launcher.site}.yaml: hardware.{name} has no machine_class, and it "
            f"cannot be taken from this machine: {error} Write the nodes' class there; a job on a "
            "node of another class runs nothing and tells its own."
        ) from error


def plan_run(config: Config) -> PlannedRun:
    """One run, its framework at hand and its model's options checked by the model's own spec."""
    return _plan(config, [config.seed], _Checks())[0]


class _Checks:
    """What is asked but once of each framework and each model's package in a plan."""

    def __init__(self) -> None:
        self.frameworks: set[str] = set()
        self.packages: set[Path] = set()
        self.digests: dict[tuple[str, ...], dict[str, str]] = {}

    def framework(self, name: str) -> None:
        if name not in self.frameworks:
            probe.require_framework(name)
            self.frameworks.add(name)

    def traps(self, package: Path) -> None:
        if package not in self.packages and (traps := live_traps(package)):
            raise ConfigError([trap.told() for trap in traps])
        self.packages.add(package)

    def digests_of(self, config: Config) -> dict[str, str]:
        key = (config.framework.name, config.model.implementation, config.data.sha256)
        if key not in self.digests:
            self.digests[key] = run_digests(config)
        return self.digests[key]


def _plan(config: Config, seeds: Sequence[int], check: _Checks) -> list[PlannedRun]:
    """The run with each of the seeds."""
    check.framework(config.framework.name)
    for sized in filter(None, (config, stand_in_of(config))):
        load_spec(sized.model, sized.data)
    check_task(config)
    check.traps(package_folder(config))
    digests, workload = check.digests_of(config), workload_key(config)
    ids = run_ids(config, digests, seeds=seeds)
    return [
        PlannedRun(
            run_id=run_id,
            config=replace(config, seed=seed),
            digests=digests,
            workload=workload,
        )
        for run_id, seed in zip(ids, seeds, strict=True)
    ]


def _check_rules(settings: list[Config], seeds: Sequence[int]) -> None:
    """Raise ConfigError with all that the combinations break, and the seeds with one of them."""
    with_seeds = [replace(settings[0], seed=seed) for seed in seeds]
    problems = [p for config in [*with_seeds, *settings[1:]] for p in rules.check(config)]
    if problems:
        raise ConfigError(dict.fromkeys(problems))


def _seeds(axes: Mapping[str, Sequence[str]], config: Config) -> list[int]:
    if "seed" not in axes:
        return list(range(config.comparison.num_seeds))
    return [int(text.rpartition("=")[2]) for text in axes["seed"]]  # checked as overrides


def _check_timed(settings: list[Config]) -> None:
    """Raise ConfigError where runs would be made whose times say nothing of the frameworks."""
    if any(config.execution.name == "debug" for config in settings):
        raise ConfigError(
            ["execution=debug is for single runs: its times say nothing; leave it out of a sweep."]
        )


def _check_declared_once(configs: list[Config]) -> None:
    """Raise ConfigError where runs differ in what the manifest declares for all of them."""
    problems = [
        f"{key}: a sweep has one for all its runs, but here are several; type a sweep for each"
        for key in DECLARED_ONCE
        if any(value_at(config, key) != value_at(configs[0], key) for config in configs)
    ]
    if problems:
        raise ConfigError(problems)


def _check_one_a_workload(runs: list[PlannedRun]) -> None:
    """Raise ConfigError where one workload has several values of what its run ids leave out: its
    runs would serve only one."""
    values: dict[tuple[str, str], dict[str, None]] = {}
    for run in runs:
        for key in ONE_A_WORKLOAD:
            values.setdefault((key, run.workload), {})[str(value_at(run.config, key))] = None
    problems = [
        f"{key} is {' and '.join(told)} for one workload, which has one; type a sweep for each"
        for (key, _), told in values.items()
        if len(told) > 1
    ]
    if problems:
        raise ConfigError(dict.fromkeys(problems))


def one_a_device(configs: list[Config]) -> list[Config]:
    """One configuration for each framework, hardware and precision: what a probe tells apart."""
    return list(
        {(c.framework.name, c.hardware.name, c.precision.name): c for c in configs}.values()
    )


def _in_blocks(runs: list[PlannedRun]) -> list[list[PlannedRun]]:
    """One block a workload and seed; seeds in order, the rest shuffled by the runs' own ids."""
    rng = random.Random(",".join(sorted(run.run_id for run in runs)))
    blocks: dict[tuple[int, str], list[PlannedRun]] = {}
    for run in runs:
        blocks.setdefault((run.config.seed, run.workload), []).append(run)
    keys = sorted(blocks)
    rng.shuffle(keys)
    keys.sort(key=lambda key: key[0])
    for key in keys:
        rng.shuffle(blocks[key])
    return [blocks[key] for key in keys]
