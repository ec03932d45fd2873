"""How long an isolated run takes to start, until its own build begins."""

import tempfile
from pathlib import Path

from fwexp.data import preparation
from fwexp.launch.drive import RUN
from fwexp.launch.plan import Plan
from fwexp.launch.planning import plan_runs
from fwexp.launch.servers import framework_servers
from fwexp.store.store import Store
from tests.bench.demo import done_records, requests
from tests.bench.fresh import start_fresh
from tests.bench.table import print_table, print_text, spread, within

LIMIT_S = 0.05
NUM_RUNS = 20
FRAMEWORKS = ["torch", "tf"]
OVERRIDES = ["model=mlp", "data=digits", "training.num_epochs=1", "hardware.num_threads=1"]


def main(*, quick: bool = False) -> None:
    """Start runs from warm servers, and some from nothing; print from dispatch to build."""
    num_runs, num_fresh = (3, 1) if quick else (NUM_RUNS, 5)
    warm = {f: _warm(f, num_runs=num_runs) for f in FRAMEWORKS}
    fresh = {f: _fresh(f, num_runs=num_fresh) for f in FRAMEWORKS}
    print_text(
        f"""Seconds from the dispatch of a run until its own build begins, the data set read. mlp on
        digits: {num_runs} runs after the first from a warm server, as in a sweep; {num_fresh} in a
        fresh process each. Median (least … most); the limit is for the most."""
    )
    rows = [
        [f, spread(warm[f]), within(max(warm[f]), LIMIT_S), spread(fresh[f], digits=2)]
        for f in FRAMEWORKS
    ]
    print_table(["framework", "warm server, s", "within limit, s", "fresh process, s"], rows)


def _plan(framework: str, *, num_runs: int) -> Plan:
    axes = {"seed": [f"seed={seed}" for seed in range(num_runs)]}
    overrides = [f"framework={framework}", *OVERRIDES]
    plan = plan_runs(axes, overrides, name="bench", title="", command="")
    preparation.prepare(plan.first.data)
    return plan


def _warm(framework: str, *, num_runs: int) -> list[float]:
    plan = _plan(framework, num_runs=num_runs + 1)
    with tempfile.TemporaryDirectory(prefix="fwexp-bench-") as name:
        store = Path(name)
        with framework_servers([framework], logs=store / "logs") as servers:
            servers.wait_ready()
            for request in requests(plan, store):
                log = Store(store).run(plan.machine_class, request["run_id"]).log
                servers[framework].call(RUN, request, log=log, hear=lambda _: None)
        return _starts(store, leave_out=plan.runs[0].run_id)


def _fresh(framework: str, *, num_runs: int) -> list[float]:
    plan = _plan(framework, num_runs=num_runs)
    with tempfile.TemporaryDirectory(prefix="fwexp-bench-") as name:
        for request in requests(plan, Path(name)):
            start_fresh(request, folder=Path(name))
        return _starts(Path(name))


def _starts(store: Path, *, leave_out: str | None = None) -> list[float]:
    """From the records: dispatch until the data is read, and the reading."""
    phases = [r.phases for r in done_records(store) if r.run_id != leave_out]
    return [p.start_s + p.data_s for p in phases if p is not None]
