"""The demo sweep's runs, for whoever is to run them in another way than the sweep does."""

from pathlib import Path
from typing import Any

from fwexp.config.plain import to_plain
from fwexp.data import preparation
from fwexp.launch.axes import split_axes
from fwexp.launch.plan import Plan
from fwexp.launch.planning import plan_runs
from fwexp.launch.sweep_file import read_sweep
from fwexp.meters.environment import commit
from fwexp.runs.execute import RunRequest
from fwexp.store.record import RunRecord
from fwexp.store.store import Store

QUICK = ["seed=0", "training.num_epochs=6"]


def demo_overrides(*, quick: bool) -> list[str]:
    """What one would type after `fwexp -m` for the demo's runs."""
    seeds = QUICK if quick else ["seed=range(5)"]  # conf/comparison/standard.yaml: num_seeds
    return [*read_sweep("demo", config_dirs=[]).as_overrides(), *seeds]


def demo_plan(*, quick: bool) -> Plan:
    """The demo's runs, planned; its data set is in the cache then."""
    axes, fixed = split_axes(demo_overrides(quick=quick))
    plan = plan_runs(axes, fixed, name="bench", title="", command="")
    preparation.prepare(plan.first.data)
    return plan


def requests(plan: Plan, store: Path) -> list[dict[str, Any]]:
    """What the process of each run is to be handed, in the plan's order."""
    fwexp_commit = commit()
    return [
        to_plain(
            RunRequest(
                run_id=run.run_id,
                config=run.config,
                sources=run.sources,
                digests=run.digests,
                machine_class=plan.machine_class,
                commit=fwexp_commit,
                store=str(store),
                replaces=None,
            )
        )
        for run in plan.runs
    ]


def done_records(store: Path) -> list[RunRecord]:
    """Every record in the store; a bench whose runs failed measures nothing."""
    records = []
    for folder in Store(store).recorded_runs():
        record = folder.read_record()
        assert record is not None
        assert record.status == "done", record.failure
        records.append(record)
    return records
