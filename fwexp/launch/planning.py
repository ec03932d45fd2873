"""From axes and overrides to a plan: composed, fully checked, identified, and put in blocks."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fwexp.config.schema import Config
from fwexp.errors import ConfigError
from fwexp.launch.checks import (
    OncePerPlan,
    check_declared_once,
    check_one_per_workload,
    check_rules,
    check_timed,
)
from fwexp.launch.combine import combine
from fwexp.launch.launcher import load_launcher
from fwexp.launch.plan import Plan, PlannedRun, one_per_device
from fwexp.runs.identity import run_ids, workload_key
from fwexp.tasks.checks import check_task


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
    """Every combination of the axes' overrides in every case as a run, all checked before any
    starts. The command line's overrides win over a case's.

    Without a `seed` axis there is one run per seed, comparison.num_seeds of them.
    """
    varied = {axis: texts for axis, texts in axes.items() if axis != "seed"}
    settings = [c for case in cases for c in combine(varied, [*case, *overrides], config_dirs)]
    seeds = _seeds(axes, settings[0])
    check_rules(settings, seeds)
    check_timed(settings)
    check_declared_once(settings)
    check = OncePerPlan()
    runs = [run for c in settings for run in _plan(c, seeds, check)]
    check_one_per_workload(runs[:: len(seeds)])  # seeds differ in nothing else
    unique = {run.run_id: run for run in runs}
    classes = {load_launcher(config).machine_class(config) for config in one_per_device(settings)}
    if len(classes) > 1:
        raise ConfigError(
            [
                "a sweep is compared within one machine class, but this one has "
                f"{' and '.join(sorted(classes))}; run one sweep for each"
            ]
        )
    return Plan(
        name=name,
        title=title,
        command=command,
        machine_class=classes.pop(),
        blocks=_in_blocks(list(unique.values())),
    )


def plan_run(config: Config) -> PlannedRun:
    """One run; its framework is installed and its model's spec has checked the model's options."""
    return _plan(config, [config.seed], OncePerPlan())[0]


def _plan(config: Config, seeds: Sequence[int], check: OncePerPlan) -> list[PlannedRun]:
    """The run with each of the seeds."""
    check.framework(config.framework.name)
    check.spec(config)
    check_task(config)
    check.traps(config.model.implementation)
    (sources, digests), workload = check.sources_of(config), workload_key(config)
    ids = run_ids(config, digests, seeds=seeds)
    return [
        PlannedRun(
            run_id=run_id,
            config=replace(config, seed=seed),
            sources=sources,
            digests=digests,
            workload=workload,
        )
        for run_id, seed in zip(ids, seeds, strict=True)
    ]


def _seeds(axes: Mapping[str, Sequence[str]], config: Config) -> list[int]:
    if "seed" not in axes:
        return list(range(config.comparison.num_seeds))
    return [int(text.rpartition("=")[2]) for text in axes["seed"]]  # checked as overrides


def _in_blocks(runs: list[PlannedRun]) -> list[list[PlannedRun]]:
    """One block per workload and seed; seeds in order, the workloads shuffled by the runs' ids.

    In half of a workload's blocks one framework goes first, in half the other; which, is drawn.
    """
    rng = random.Random(",".join(sorted(run.run_id for run in runs)))
    blocks: dict[tuple[int, str], list[PlannedRun]] = {}
    for run in sorted(runs, key=lambda run: run.config.framework.name):
        blocks.setdefault((run.config.seed, run.workload), []).append(run)
    turns = _turns(sorted(blocks), rng)
    keys = sorted(blocks)
    rng.shuffle(keys)
    keys.sort(key=lambda key: key[0])
    return [blocks[key][:: -1 if turns[key] else 1] for key in keys]


def _turns(keys: list[tuple[int, str]], rng: random.Random) -> dict[tuple[int, str], bool]:
    """Which of each workload's blocks are turned round: half of them, or one more or less."""
    found: dict[tuple[int, str], bool] = {}
    for workload in dict.fromkeys(workload for _, workload in keys):
        own = [key for key in keys if key[1] == workload]
        start = rng.randrange(2)
        turned = [bool((start + place) % 2) for place in range(len(own))]
        rng.shuffle(turned)
        found |= dict(zip(own, turned, strict=True))
    return found
