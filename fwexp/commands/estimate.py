"""How long the missing runs will take and what they will cost, from earlier records."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from fwexp.config.counted import counted
from fwexp.evidence.cost import SECONDS_PER_HOUR, cost_usd, format_price, why_unpriced
from fwexp.hardware.table import HARDWARE
from fwexp.launch.plan import Plan, PlannedRun
from fwexp.runs.identity import workload_key
from fwexp.store.record import RunRecord
from fwexp.store.store import Store

Kind = tuple[str, str]  # workload and framework: what a run's time depends on, but for its noise


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What the runs to do will take, as far as earlier runs show."""

    num_runs: int
    num_unknown: int  # no run of their workload and framework is in the store
    num_records: int  # that the times are from
    device_hours: float  # of the others
    cost_usd: float | None
    price: str  # which, or why there is none


def estimate(
    plan: Plan, todo: Sequence[PlannedRun], records: Mapping[str, RunRecord], store: Store
) -> Estimate:
    """From the mean total time of the same workload and framework on this machine class, any
    seed, any sweep; `records` are those of the plan's runs."""
    earlier = _earlier(plan, todo, records, store)
    num_todo = Counter(_kind(run) for run in todo if _kind(run) in earlier)
    pricing = plan.first.pricing
    unpriced = why_unpriced(pricing, machine_class=plan.machine_class)

    def cost(record: RunRecord) -> float:
        return cost_usd(record, pricing) or 0.0

    def whole(figure: Callable[[RunRecord], float]) -> float:
        """Over the runs to do, each as the mean of those of its kind."""
        return sum(num * fmean(map(figure, earlier[kind])) for kind, num in num_todo.items())

    return Estimate(
        num_runs=len(todo),
        num_unknown=len(todo) - num_todo.total(),
        num_records=sum(len(earlier[kind]) for kind in num_todo),
        device_hours=whole(_device_hours),
        cost_usd=None if unpriced else whole(cost),
        price=unpriced or format_price(pricing),
    )


def format_estimate(found: Estimate) -> list[str]:
    """What to expect, in lines; what is not known is said."""
    if not found.num_runs:
        return []
    num_known = found.num_runs - found.num_unknown
    lines = []
    if num_known:
        cost = found.cost_usd
        lines = [
            f"estimate: {_tell(found.device_hours)} device hours for {counted(num_known, 'run')}, "
            f"by {counted(found.num_records, 'run')} in the store; certificates and imports not "
            "included",
            f"  cost unknown: {found.price}"
            if cost is None
            else f"  US$ {_tell(cost)}, projected: {found.price}",
        ]
    if found.num_unknown:
        lines.append(
            f"device hours and cost: unknown for {counted(found.num_unknown, 'run')}, "
            "no run of their workload and framework is in the store"
        )
    return lines


def _device_hours(record: RunRecord) -> float:
    """Of all its devices: accelerators, or machines where it trained on the CPU."""
    assert record.phases is not None
    hardware = record.config.hardware
    is_accelerator = HARDWARE[hardware.name].is_accelerator
    num_devices = hardware.nodes * (hardware.devices if is_accelerator else 1)
    return num_devices * record.phases.total_s / SECONDS_PER_HOUR


def _tell(value: float) -> str:
    return f"{value:,.2f}" if value >= 1 else f"{value:.2g}"


def _kind(run: PlannedRun) -> Kind:
    return run.workload, run.config.framework.name


def _earlier(
    plan: Plan, todo: Sequence[PlannedRun], records: Mapping[str, RunRecord], store: Store
) -> dict[Kind, list[RunRecord]]:
    """The records of every earlier run of the kinds that are to do."""
    wanted = {_kind(run) for run in todo}
    planned = {run.run_id: _kind(run) for run in plan.runs}
    of_plan = ((planned[run_id], record) for run_id, record in records.items())
    found: dict[Kind, list[RunRecord]] = {}
    for kind, record in (*of_plan, *_others(plan, todo, set(planned), store)):
        if kind in wanted and record.phases is not None:
            found.setdefault(kind, []).append(record)
    return found


def _others(
    plan: Plan, todo: Sequence[PlannedRun], planned: set[str], store: Store
) -> Iterator[tuple[Kind, RunRecord]]:
    """Runs outside of the plan that by their names may be of a kind that is to do."""
    names = {_names(run.run_id) for run in todo}
    ids = [i for i in store.run_ids(plan.machine_class) if i not in planned and _names(i) in names]
    records, _ = store.read_records(plan.machine_class, ids)
    for record in records.values():
        yield (workload_key(record.config), record.config.framework.name), record


def _names(run_id: str) -> tuple[str, ...]:
    """Framework, model and data set."""
    return tuple(run_id.split("-")[:3])
