"""`fwexp sweep NAME` and `fwexp -m …`: plan, prepare, run what is missing, write it up."""

import argparse
import hashlib
import shlex
import sys
from collections.abc import Sequence

from rich.console import Console

from fwexp.commands.dry_run import dry_run
from fwexp.commands.status import wait as wait_for
from fwexp.data import preparation
from fwexp.launch.axes import split_axes
from fwexp.launch.declare import declare
from fwexp.launch.launcher import Outcome, load_launcher, missing_runs
from fwexp.launch.plan import Plan
from fwexp.launch.planning import plan_runs
from fwexp.launch.sweep_file import read_sweep
from fwexp.store.store import Store
from fwexp.tracking.track import track

UNDECIDING = ("tracking", "launcher", "store")  # overrides that leave a sweep what it is


def command(argv: list[str]) -> int:
    """`fwexp sweep NAME [overrides] [--dry-run] [--retry]`: 0 when every run is done."""
    parser = argparse.ArgumentParser(
        prog="fwexp sweep",
        description="Run a named sweep; typed again, it runs only what is missing.",
    )
    parser.add_argument("name", help="a file of ./sweeps or of fwexp's own, without .yaml")
    parser.add_argument("overrides", nargs="*", help="e.g. training.num_epochs=3 seed=0,1")
    parser.add_argument("--dry-run", action="store_true", help="say what would run; write nothing")
    parser.add_argument("--retry", action="store_true", help="run failed runs again, too")
    parser.add_argument(
        "--wait",
        action="store_true",
        help="on a cluster: wait until all runs have ended, then write up",
    )
    parser.add_argument("--config-dir", action="append", default=[], metavar="FOLDER")
    given = parser.parse_intermixed_args(argv)
    sweep = read_sweep(given.name, config_dirs=given.config_dir)
    overrides = [*sweep.as_overrides(), *given.overrides]
    axes, fixed = split_axes(overrides, config_dirs=given.config_dir)
    flags = [f"--config-dir={folder}" for folder in given.config_dir]
    plan = plan_runs(
        axes,
        fixed,
        name=_name(given.name, given.overrides),
        title=sweep.title,
        cases=sweep.cases or [[]],
        command=shlex.join(["fwexp", "sweep", given.name, *given.overrides, *flags]),
        config_dirs=given.config_dir,
    )
    if given.dry_run:
        return dry_run(plan, retry=given.retry)
    return run(plan, retry=given.retry, retried="with --retry", wait=given.wait)


def run_matrix(overrides: list[str], config_dirs: list[str]) -> int:
    """`fwexp -m framework=torch,tf seed='range(5)'`, by the planner of a named sweep.

    As for a single run, typing it again tries again what has failed: Hydra's flags have no --retry.
    """
    axes, fixed = split_axes(overrides, config_dirs=config_dirs)
    flags = [f"--config-dir={folder}" for folder in config_dirs]
    plan = plan_runs(
        axes,
        fixed,
        name=_name("matrix", overrides),
        title="A matrix from the command line",
        command=shlex.join(["fwexp", "-m", *overrides, *flags]),
        config_dirs=config_dirs,
    )
    return run(plan, retry=True, retried="again")


def _name(name: str, overrides: Sequence[str]) -> str:
    """Overrides make a sweep a different one: its write-up is kept next to the first's."""
    deciding = sorted(o for o in overrides if not o.startswith(UNDECIDING))
    if not deciding:
        return name
    return f"{name}-{hashlib.sha256(' '.join(deciding).encode()).hexdigest()[:6]}"


def run(plan: Plan, *, retry: bool, retried: str, wait: bool = False) -> int:
    """Run what is missing of the plan, copy it to W&B, write it up: 0 when nothing failed.

    `retried` says how the command is typed so that failed runs are done again. With a launcher that
    returns early it is written up if asked to `wait`, or when nothing is left to do.
    """
    from fwexp.commands.report import write_and_show  # draws charts: not for a dry run

    store = Store(plan.first.store)
    store.check_writable()
    launcher = load_launcher(plan.first)
    launcher.check(plan.first)
    missing = missing_runs(plan, store, retry=retry)
    manifest = declare(plan, store)
    for data in {r.config.data.name: r.config.data for r in plan.runs}.values():
        preparation.prepare(data)
    store.write_manifest(manifest)
    outcome = launcher.start(plan, store, missing, compare=bool(manifest.certificates))
    if outcome is None:
        if not wait:
            return 0
        outcome = wait_for(store, plan.name, console=Console(stderr=True)).outcome()
    write_and_show(store, plan.name)
    folders = [store.run(plan.machine_class, run.run_id).path for run in plan.runs]
    folders.append(store.sweep_folder(plan.name))
    track(store.path, folders=folders, tracking=plan.first.tracking, group=plan.name)
    return _conclude(plan, outcome, retried=retried)


def _conclude(plan: Plan, outcome: Outcome, *, retried: str) -> int:
    problems = {
        f"failed; type the command {retried} to run them again": outcome.failed,
        "were interrupted; type the command again to run them": outcome.interrupted,
        "were not run: their comparison is void": outcome.void,
    }
    for words, run_ids in problems.items():
        if run_ids:
            print(f"{len(run_ids)} of {len(plan.runs)} runs {words}", file=sys.stderr)
    return 0 if outcome.is_complete else 1
