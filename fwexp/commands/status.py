"""`fwexp status [NAME]`: the progress of a store's sweeps; `fwexp sweep --wait` shows it live."""

import argparse
import time
from collections import Counter
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fwexp.commands.axis_counts import Axes, runs_by_axis
from fwexp.config.counted import counted
from fwexp.errors import StoreError
from fwexp.launch.launcher import QueuedJob
from fwexp.launch.sweep_status import STATES, SweepStatus, sweep_status
from fwexp.store.manifest import Manifest
from fwexp.store.store import Store

MAX_PROBLEMS = 10
EVERY_S = 3.0
GONE_S = 30.0  # how long a record may take from the node to here


def command(argv: list[str]) -> int:
    """`fwexp status [NAME]`: 0, or 1 where runs failed or are lost, or a file cannot be read."""
    parser = argparse.ArgumentParser(prog="fwexp status", description=__doc__)
    parser.add_argument("name", nargs="?", help="a sweep that has run; without it, all of them")
    parser.add_argument("--store", default="store", metavar="DIR", help="where the records are")
    given = parser.parse_args(argv)
    store, console = Store(given.store), Console(highlight=False)
    names = [given.name] if given.name else store.sweep_names()
    if not names:
        console.print(f"no sweep has run in the store {given.store} yet; type fwexp sweep demo")
        return 0
    if given.name:
        statuses = [sweep_status(store, given.name)]
        complaints = statuses[0].complaints
        console.print(tell(statuses[0]), soft_wrap=True)
    else:
        statuses, complaints = _status_of_all(store, names)
        console.print(overview(statuses), *complaints, sep="\n", soft_wrap=True, markup=False)
    bad = any(s.counts.get(state) for s in statuses for state in ("failed", "lost"))
    return 1 if bad or complaints else 0


def _status_of_all(store: Store, names: list[str]) -> tuple[list[SweepStatus], list[str]]:
    """The statuses, and a complaint per unreadable file."""
    statuses, complaints = [], []
    for name in names:
        try:
            statuses.append(sweep_status(store, name))
        except StoreError as error:
            complaints.append(str(error))
        else:
            complaints += statuses[-1].complaints
    return statuses, list(dict.fromkeys(complaints))


def wait(store: Store, name: str, *, console: Console) -> SweepStatus:
    """The sweep's status once nothing of it is queued or running; shows it until then."""
    try:
        return _follow(store, name, console)
    except KeyboardInterrupt:
        console.print(
            f"the jobs go on without this terminal; fwexp status {name} shows their progress"
        )
        raise


def _follow(store: Store, name: str, console: Console) -> SweepStatus:
    quiet_since: float | None = None
    with Live(console=console, auto_refresh=False, transient=True) as live:
        before = ""
        while True:
            asked_at = time.monotonic()
            status = sweep_status(store, name)
            if console.is_terminal:
                live.update(tell(status), refresh=True)
            elif (news := f"{status.warning} {status.counts}") != before:
                console.print(status.warning or _line(status), soft_wrap=True)
                before = news
            if status.num_active or status.warning:
                quiet_since = None
            elif quiet_since is None:
                quiet_since = time.monotonic()
            # what is lost may be a record on its way through a shared file system
            elif "lost" not in status.counts or time.monotonic() - quiet_since > GONE_S:
                return status
            time.sleep(max(EVERY_S, 5 * (time.monotonic() - asked_at)))  # of a large sweep


def overview(statuses: list[SweepStatus]) -> RenderableType:
    """A line per sweep."""
    table = Table(box=None, header_style="bold")
    for name in ("sweep", "runs", *STATES):
        table.add_column(name, justify="left" if name == "sweep" else "right")
    for status in statuses:
        counts = status.counts
        cells = [str(counts.get(state, "")) for state in STATES]
        table.add_row(status.manifest.name, str(len(status.states)), *cells)
    warnings = [Text(w) for w in dict.fromkeys(s.warning for s in statuses) if w]
    return Group(*warnings, table)


def tell(status: SweepStatus) -> RenderableType:
    """All of one sweep: counts by state and axis, rate, and what went wrong."""
    return Group(*_parts(status))


def _parts(status: SweepStatus) -> Iterator[RenderableType]:
    for words in filter(None, [status.warning, *status.complaints]):
        yield Text(words)
    yield Text(_line(status))
    table = Table(box=None, header_style="bold")
    states = list(status.counts)
    for name in ("axis", "value", *states):
        table.add_column(name, justify="left" if name in ("axis", "value") else "right")
    for axis, values in _axes(status.manifest).items():
        for number, (value, run_ids) in enumerate(values.items()):
            cells = [sum(status.states[r] == state for r in run_ids) for state in states]
            table.add_row("" if number else axis, value, *(str(c) if c else "" for c in cells))
    yield table
    for problem in status.problems[:MAX_PROBLEMS]:
        yield Text(f"{problem.state}: {problem.run_id}: {problem.reason}", style="red")
        yield Text(f"  {problem.log}")
    if len(status.problems) > MAX_PROBLEMS:
        yield Text(f"… and {len(status.problems) - MAX_PROBLEMS} more")
    yield Text(_advice(status))


def _axes(manifest: Manifest) -> Axes:
    kinds = {run_id: f"{run.workload} {run.framework}" for run_id, run in manifest.runs.items()}
    configs = {kind: manifest.config_of(run_id) for run_id, kind in kinds.items()}
    seeds = {run_id: run.seed for run_id, run in manifest.runs.items()}
    return runs_by_axis(configs, {run_id: (kinds[run_id], seeds[run_id]) for run_id in kinds})


def _line(status: SweepStatus) -> str:
    """demo: 20 runs, 12 done, 2 running, 6 queued; 96 runs per hour, 5 min to go."""
    counts = ", ".join(f"{number} {state}" for state, number in status.counts.items())
    line = f"{status.manifest.name}: {counted(len(status.states), 'run')}, {counts}"
    if status.jobs:
        line += f"; {_jobs(status.jobs)}"
    if status.num_active and status.runs_per_hour:
        hours = status.remaining_h or 0.0
        left = f"{hours:.1f} h" if hours >= 1 else f"{60 * hours:.0f} min"
        line += f"; {counted(round(status.runs_per_hour), 'run')} per hour, about {left} to go"
    return line


def _jobs(jobs: list[QueuedJob]) -> str:
    """jobs: 2 running, 5 pending (3 Dependency, 2 Priority)"""
    reasons = Counter(job.reason for job in jobs if not job.is_running)
    running, pending = len(jobs) - reasons.total(), reasons.total()
    told = [f"{running} running"] * (running > 0)
    if pending:
        why = ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())
        told.append(f"{pending} pending ({why})")
    return f"jobs: {', '.join(told)}"


def _advice(status: SweepStatus) -> str:
    counts, name = status.counts, status.manifest.name
    if status.num_active:
        return f"fwexp cancel {name} cancels its jobs; fwexp report {name} writes it up"
    missing = counts.get("lost", 0) + counts.get("waiting", 0)
    again = status.manifest.command
    if missing:
        runs = "run is" if missing == 1 else "runs are"
        return f"{missing} {runs} missing; to run what is missing, type: {again}"
    if counts.get("failed"):
        return f"to run the failed ones again, type: {again} --retry"
    return f"all have ended; fwexp report {name} writes it up"
