"""`fwexp status [NAME]`: how far the sweeps of a store are; a sweep's `--wait` shows it live."""

import argparse
import time
from collections import Counter
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fwexp.commands.axis_counts import axis_values
from fwexp.errors import StoreError
from fwexp.launch.drive import Outcome
from fwexp.launch.slurm.queue import QueuedTask
from fwexp.launch.sweep_status import STATES, Standing, stand
from fwexp.store.store import Store

MAX_PROBLEMS = 10
EVERY_S = 3.0
GONE_S = 30.0  # so long may a record take from the node to here


def command(argv: list[str]) -> int:
    """`fwexp status [NAME]`: 0, or 1 where runs have failed or are lost."""
    parser = argparse.ArgumentParser(prog="fwexp status", description=__doc__)
    parser.add_argument("name", nargs="?", help="a sweep that has run; without it, all of them")
    parser.add_argument("--store", default="store", metavar="DIR", help="where the records lie")
    given = parser.parse_args(argv)
    store, console = Store(given.store), Console(highlight=False)
    names = [given.name] if given.name else store.sweep_names()
    if not names:
        console.print(f"no sweep has run in the store {given.store} yet; type fwexp sweep demo")
        return 0
    if given.name:
        standings = [stand(store, given.name)]
        torn: list[str] = []
        console.print(tell(standings[0]), soft_wrap=True)
    else:
        standings, torn = _stand_all(store, names)
        console.print(overview(standings), *torn, sep="\n", soft_wrap=True, markup=False)
    bad = any(s.counts.get(state) for s in standings for state in ("failed", "lost"))
    return 1 if bad or torn else 0


def _stand_all(store: Store, names: list[str]) -> tuple[list[Standing], list[str]]:
    """The standings, and of each sweep whose files cannot be read what is wrong."""
    standings, torn = [], []
    for name in names:
        try:
            standings.append(stand(store, name))
        except StoreError as error:
            torn.append(str(error))
    return standings, torn


def wait(store: Store, name: str, *, console: Console) -> Standing:
    """The sweep's standing once nothing of it is queued or running; shows it meanwhile."""
    try:
        return _follow(store, name, console)
    except KeyboardInterrupt:
        console.print(f"the jobs go on without this terminal; fwexp status {name} tells how far")
        raise


def _follow(store: Store, name: str, console: Console) -> Standing:
    quiet_since: float | None = None
    with Live(console=console, auto_refresh=False, transient=True) as live:
        before = ""
        while True:
            asked_at = time.monotonic()
            standing = stand(store, name)
            if console.is_terminal:
                live.update(tell(standing), refresh=True)
            elif (news := f"{standing.warning} {standing.counts}") != before:
                console.print(standing.warning or _line(standing), soft_wrap=True)
                before = news
            if standing.num_under_way or standing.warning:
                quiet_since = None
            elif quiet_since is None:
                quiet_since = time.monotonic()
            # what is lost may be a record on its way through a shared file system
            elif "lost" not in standing.counts or time.monotonic() - quiet_since > GONE_S:
                return standing
            time.sleep(max(EVERY_S, 5 * (time.monotonic() - asked_at)))  # of a large sweep


def outcome_of(standing: Standing) -> Outcome:
    """How the runs of a command ended, where others did them."""
    outcome = Outcome()
    ended = {"done": outcome.done, "failed": outcome.failed, "void": outcome.void}
    for run_id, state in standing.states.items():
        ended.get(state, outcome.interrupted).append(run_id)
    return outcome


def overview(standings: list[Standing]) -> RenderableType:
    """A line a sweep."""
    table = Table(box=None, header_style="bold")
    for name in ("sweep", "runs", *STATES):
        table.add_column(name, justify="left" if name == "sweep" else "right")
    for standing in standings:
        counts = standing.counts
        cells = [str(counts.get(state, "")) for state in STATES]
        table.add_row(standing.manifest.name, str(len(standing.states)), *cells)
    warnings = [Text(w) for w in dict.fromkeys(s.warning for s in standings) if w]
    return Group(*warnings, table)


def tell(standing: Standing) -> RenderableType:
    """All of one sweep: counts by state and axis, rate, and what went wrong."""
    return Group(*_parts(standing))


def _parts(standing: Standing) -> Iterator[RenderableType]:
    if standing.warning:
        yield Text(standing.warning)
    yield Text(_line(standing))
    table = Table(box=None, header_style="bold")
    states = list(standing.counts)
    for name in ("axis", "value", *states):
        table.add_column(name, justify="left" if name in ("axis", "value") else "right")
    for axis, values in axis_values(standing.manifest.runs).items():
        for number, (value, run_ids) in enumerate(values.items()):
            cells = [sum(standing.states[r] == state for r in run_ids) for state in states]
            table.add_row("" if number else axis, value, *(str(c) if c else "" for c in cells))
    yield table
    for problem in standing.problems[:MAX_PROBLEMS]:
        yield Text(f"{problem.state}: {problem.run_id}: {problem.words}", style="red")
        yield Text(f"  {problem.log}")
    if len(standing.problems) > MAX_PROBLEMS:
        yield Text(f"… and {len(standing.problems) - MAX_PROBLEMS} more")
    yield Text(_advice(standing))


def _line(standing: Standing) -> str:
    """demo: 20 runs, 12 done, 2 running, 6 queued; 96 runs an hour, 5 min to go."""
    counts = ", ".join(f"{number} {state}" for state, number in standing.counts.items())
    line = f"{standing.manifest.name}: {len(standing.states)} runs, {counts}"
    if standing.jobs:
        line += f"; {_jobs(standing.jobs)}"
    if standing.num_under_way and standing.runs_per_hour:
        hours = standing.remaining_h or 0.0
        left = f"{hours:.1f} h" if hours >= 1 else f"{60 * hours:.0f} min"
        line += f"; {standing.runs_per_hour:.0f} runs an hour, about {left} to go"
    return line


def _jobs(jobs: list[QueuedTask]) -> str:
    """jobs: 2 running, 5 pending (3 Dependency, 2 Priority)"""
    reasons = Counter(job.reason for job in jobs if not job.is_running)
    running, pending = len(jobs) - reasons.total(), reasons.total()
    told = [f"{running} running"] * (running > 0)
    if pending:
        why = ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())
        told.append(f"{pending} pending ({why})")
    return f"jobs: {', '.join(told)}"


def _advice(standing: Standing) -> str:
    counts, name = standing.counts, standing.manifest.name
    if standing.num_under_way:
        return f"fwexp cancel {name} ends what is queued and running; fwexp report {name} writes up"
    missing = counts.get("lost", 0) + counts.get("waiting", 0)
    again = standing.manifest.command
    if missing:
        return f"{missing} runs are missing; to run them, type: {again}"
    if counts.get("failed"):
        return f"to run the failed ones again, type: {again} --retry"
    return f"all have ended; fwexp report {name} writes it up"
