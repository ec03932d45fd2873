"""The demo sweep's wall time, over its runs' own totals and over two other ways to run them."""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import submitit

from tests.bench.demo import QUICK, demo_overrides, demo_plan, done_records, requests
from tests.bench.fresh import environment, execute_fresh, run_quietly
from tests.bench.ratio import interleave, paired_ratio
from tests.bench.table import print_table, print_text, spread, within

LIMIT = 1.3
NUM_ROUNDS = 3


def main(*, quick: bool = False) -> None:
    """Run the demo's runs three ways, in turns; print wall times and ratios."""
    num_runs = len(demo_plan(quick=quick).runs)
    own: dict[str, list[float]] = {}
    ways: dict[str, Callable[[], float]] = {
        "fwexp sweep demo": lambda: _timed("sweep", _fwexp_sweep, own, num_runs, quick),
        "Hydra's basic launcher": lambda: _timed("hydra", _hydra_basic, own, num_runs, quick),
        "submitit's local executor": lambda: _timed("submitit", _submitit, own, num_runs, quick),
    }
    walls = interleave(ways, num_rounds=1 if quick else NUM_ROUNDS)
    _print(walls, own["sweep"], num_runs=num_runs)


def _print(walls: dict[str, list[float]], own_s: list[float], *, num_runs: int) -> None:
    sweep = walls["fwexp sweep demo"]
    rows = []
    for name, wall in walls.items():
        ratio = paired_ratio(sweep, wall)
        rows.append([name, spread(wall, digits=1), "" if wall is sweep else ratio.words()])
    over_own = paired_ratio(sweep, own_s)
    print_text(
        f"""The same {num_runs} runs, one at a time, each in a process of its own. The sweep is the
        command as typed into an empty store: certificates, write-up and W&B's copy included.
        Hydra: `fwexp -m hydra/launcher=basic …`, whose jobs each import the framework anew.
        submitit: LocalExecutor, a job a run, the next submitted when one is done (looked for every
        10 ms, where Job.wait looks every second). Neither certifies nor writes up."""
    )
    print_table(["way", "wall time, s", "sweep's wall time over it"], rows)
    print_table(
        ["sweep's wall time over", "ratio", "within limit"],
        [
            [
                f"the sum of its runs' own totals ({spread(own_s, digits=1)} s)",
                over_own.words(),
                within(over_own.worst(), LIMIT),
            ]
        ],
    )


def _timed(
    name: str,
    way: Callable[[Path, bool], None],
    own: dict[str, list[float]],
    num_runs: int,
    quick: bool,
) -> float:
    """Wall seconds of a way into an empty store; the sum of its runs' totals goes to `own`."""
    print(f"  {name} …", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="fwexp-bench-") as folder:
        store = Path(folder) / "store"
        store.mkdir()
        started = time.monotonic()
        way(store, quick)
        wall_s = time.monotonic() - started
        records = done_records(store)
        assert len(records) == num_runs, f"{name}: {len(records)} records of {num_runs}"
        own.setdefault(name, []).append(sum(r.phases.total_s for r in records if r.phases))
    return wall_s


def _fwexp_sweep(store: Path, quick: bool) -> None:
    _fwexp("sweep", "demo", *(QUICK if quick else []), f"store={store}")


def _hydra_basic(store: Path, quick: bool) -> None:
    overrides = demo_overrides(quick=quick)
    _fwexp("-m", "hydra/launcher=basic", *overrides, "tracking=none", f"store={store}")


def _fwexp(*arguments: str) -> None:
    run_quietly([sys.executable, "-m", "fwexp", *arguments])


def _submitit(store: Path, quick: bool) -> None:
    jobs = requests(demo_plan(quick=quick), store)
    os.environ.update(environment())  # a job's process inherits it
    executor = submitit.LocalExecutor(folder=store / "submitit")
    executor.update_parameters(timeout_min=30)
    for request in jobs:
        _until_done(executor.submit(execute_fresh, request, time.monotonic()))


def _until_done(job: "submitit.Job[Any]") -> None:
    while not job.done():
        time.sleep(0.01)
    job.result()
