"""What a fault of the service does to the runs of a command that is online, and to their rows."""

import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fwexp.files import slug
from tests.bench.ratio import Ratio, paired_ratio
from tests.bench.table import within
from tests.prove.table import table
from tests.prove.tracked import Ran, store_name, type_runs
from tests.tracking.service import Fault, serve
from tests.tracking.simulated import fwexp, wandb_environment

NUM_ROUNDS = 5  # of every fault
NUM_SEEDS = 8  # runs a command
NUM_STEPS = 200
LIMIT = 1.02
TYPED = ("-m", f"seed=range({NUM_SEEDS})", f"training.num_steps={NUM_STEPS}")
FAULTS = {
    "refuses": Fault(kind="refuse"),
    "hangs": Fault(kind="hang"),
    "403 at the login": Fault(kind="403"),
    "403 for the rows": Fault(kind="403", only="/file_stream"),
    "429 for the rows, three times": Fault(kind="429", only="/file_stream", times=3),
    "500 for the rows, three times": Fault(kind="500", only="/file_stream", times=3),
    "slow by 0.2 s a request": Fault(kind="slow"),
    "hangs when the rows come": Fault(kind="hang", only="/file_stream"),
    "drops five connections with rows": Fault(kind="drop", only="/file_stream", times=5),
}


@dataclass(frozen=True, kw_only=True)
class Met:
    """A command that met a fault, and the same with nobody tracking."""

    tracked: Ran
    alone: Ran
    asked_after_s: float  # after the last record; infinite where the service was never reached
    rows_there: int  # before sync
    rows_synced: int  # after it

    @property
    def holds(self) -> bool:
        wanted = NUM_SEEDS * (NUM_STEPS + 1)
        return self.asked_after_s >= 0 and self.rows_synced == self.tracked.num_rows == wanted


def meet(folder: Path, name: str, number: int) -> Met:
    """With W&B online under the fault and with nobody tracking; then a sync without the fault."""
    fault, rng = replace(FAULTS[name]), random.Random(f"{name}-{number}")
    store = folder / store_name(f"{slug(name)}-{number}", rng)
    other = folder / store_name(f"{slug(name)}-{number}-none", rng)
    with serve() as service:
        if fault.kind == "refuse":
            service.refuse()
        else:
            service.fault = fault

        def tracked() -> Ran:
            return type_runs(store, "torch", "wandb_online", *TYPED, service=service)

        def alone() -> Ran:
            return type_runs(other, "torch", "none", *TYPED)

        first, second = (tracked, alone) if rng.random() < 0.5 else (alone, tracked)
        ran = {first: first(), second: second()}
        there, asked_at = service.num_rows(), service.asked_at
        service.recover()
        if fault.kind == "refuse":
            service.start()
        at = ("--store", str(store))
        fwexp("sync", *at, environment=wandb_environment(service), timeout_s=600)
        return Met(
            tracked=ran[tracked],
            alone=ran[alone],
            asked_after_s=asked_at - ran[tracked].recorded_at,
            rows_there=there,
            rows_synced=service.num_rows(),
        )


def ratio_of(met: Sequence[Met]) -> Ratio:
    """Seconds of all steps under faults, over those with nobody tracking."""
    return paired_ratio([m.tracked.train_s for m in met], [m.alone.train_s for m in met])


def hold(found: dict[str, list[Met]]) -> bool:
    """Whether no row was lost, nothing was asked early, and the ratio is within its limit."""
    met = [m for faults in found.values() for m in faults]
    return all(m.holds for m in met) and ratio_of(met).worst() <= LIMIT


def lines(found: dict[str, list[Met]]) -> Iterator[str]:
    """What came of it, in Markdown."""
    yield "\n## Online, under a fault of the service\n"
    yield (
        f"{NUM_SEEDS} runs (torch, mlp, {NUM_STEPS} steps each) of one command with "
        "`tracking=wandb_online`, in pairs with the same and `tracking=none`, in random order; "
        f"{NUM_ROUNDS} rounds of all faults. `training`: ratio of the seconds of all steps, 95 % "
        "interval. `asked`: the service's first request, seconds after the last run's record was "
        "written, the least of all rounds (never, where nothing listens): no run was under way "
        "when the fault was met, and what differs from 1 is the machine's noise. `after`: from the "
        "last record to the end of the command, write-up included, median. Rows are of all rounds; "
        "those here are of the copies."
    )
    yield ""
    yield from table(
        (
            "fault",
            "training",
            "asked",
            "after, s",
            "rows here",
            "there",
            "after sync",
            "the user saw",
        ),
        [_row(fault, met) for fault, met in found.items()],
    )
    ratio = ratio_of([m for met in found.values() for m in met])
    yield ""
    yield (
        f"Over all faults: {ratio.words()}. "
        f"Limit for the upper end: {within(ratio.worst(), LIMIT)}."
    )


def _row(fault: str, met: list[Met]) -> list[str]:
    asked_s = min(m.asked_after_s for m in met)
    told = dict.fromkeys(m.tracked.told for m in met)
    return [
        fault,
        ratio_of(met).words(),
        "never" if asked_s == float("inf") else f"{asked_s:+.1f}",
        f"{statistics.median(m.tracked.after_s for m in met):.1f}",
        str(sum(m.tracked.num_rows for m in met)),
        str(sum(m.rows_there for m in met)),
        str(sum(m.rows_synced for m in met)) + ("" if all(m.holds for m in met) else " FAILED"),
        " / ".join(told),
    ]
