"""What a sweep would do: counts by axis, what is already done, expected hours and cost."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fwexp.commands.axis_counts import Axes, runs_by_axis
from fwexp.commands.estimate import estimate, format_estimate
from fwexp.config.counted import counted
from fwexp.launch.plan import Plan, PlannedRun
from fwexp.store.record import is_finished
from fwexp.store.store import Store

MAX_BLOCKS = 20  # beyond this only the first few are listed
NUM_FIRST = 3


def dry_run(plan: Plan, *, retry: bool) -> int:
    """Say what would run, how long and at what cost; write nothing."""
    store = Store(plan.first.store)
    store.check_writable()
    runs = plan.runs
    ids = [run.run_id for run in runs]
    records, complaints = store.read_records(plan.machine_class, ids, may_replace=True)
    todo = [run for run in runs if not is_finished(records.get(run.run_id), retry=retry)]
    done = {run.run_id for run in runs} - {run.run_id for run in todo}
    console = Console(highlight=False, soft_wrap=True)
    for complaint in complaints:
        console.print(Text(f"{complaint}; the run would be repeated"))
    counts = f"{counted(len(runs), 'run')}, {len(todo):,} to do"
    console.print(Text(f"sweep {plan.name} on {plan.machine_class}: {counts}"))
    if axes := _axes(runs):
        console.print(_axis_table(axes, done))
    estimated = estimate(plan, todo, records, store)
    for line in (*format_estimate(estimated), *_block_lines(plan.blocks, done)):
        console.print(Text(line))
    return 0


def _axis_table(axes: Axes, done: set[str]) -> Table:
    table = Table(box=None, header_style="bold")
    for name in ("axis", "value", "runs", "done"):
        table.add_column(name, justify="left" if name in ("axis", "value") else "right")
    for axis, values in axes.items():
        for number, (value, run_ids) in enumerate(values.items()):
            num_done = sum(run_id in done for run_id in run_ids)
            cells = (f"{len(run_ids):,}", f"{num_done:,}")
            table.add_row("" if number else axis, Text(value), *cells)
    return table


def _axes(runs: Sequence[PlannedRun]) -> Axes:
    kinds = {run.run_id: f"{run.workload} {run.config.framework.name}" for run in runs}
    configs = {kinds[run.run_id]: run.config for run in runs}
    return runs_by_axis(configs, {run.run_id: (kinds[run.run_id], run.config.seed) for run in runs})


def _block_lines(blocks: Sequence[Sequence[PlannedRun]], done: set[str]) -> list[str]:
    shown = blocks if len(blocks) <= MAX_BLOCKS else blocks[:NUM_FIRST]
    lines = [f"{counted(len(blocks), 'block')}, one after another:"]
    for number, block in enumerate(shown, start=1):
        states = (f"{run.run_id}{' (done)' if run.run_id in done else ''}" for run in block)
        lines.append(f"  block {number}: {'  '.join(states)}")
    if len(shown) < len(blocks):
        lines.append(f"  … and {len(blocks) - len(shown):,} more")
    return lines
