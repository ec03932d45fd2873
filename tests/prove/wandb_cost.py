"""What tracking does to a run's steps: with W&B offline, and online under a fault of the service.

The command line is the user's, typed in this process again and again, so that both frameworks are
imported once and a pair's two runs lie seconds apart.
"""

import io
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from fwexp.cli import dispatch
from tests.bench.ratio import Ratio, paired_ratio
from tests.tiny import SharedServers, session_variables
from tests.tracking.service import Fault, Service, serve
from tests.tracking.simulated import fwexp, wandb_environment

NUM_STEPS = 400
NUM_FIRST = 50  # steps of warm-up, left out
FAULTS = {
    "refuses": Fault(kind="refuse"),
    "hangs": Fault(kind="hang"),
    "403": Fault(kind="403"),
    "429 three times": Fault(kind="429", times=3),
    "500 three times": Fault(kind="500", times=3),
    "slow by 0.2 s a request": Fault(kind="slow"),
    "hangs after the first request": Fault(kind="hang", after_requests=1),
    "drops five connections": Fault(kind="drop", times=5, after_requests=1),
}
RUN = (
    *("model=mlp", "data=digits", "training.batch_size=512", "training.num_epochs=null"),
    *(f"training.num_steps={NUM_STEPS}", "training.evaluate_every_epochs=200"),
    "hardware.num_threads=1",
)
WIDTH = {"torch": 320, "tf": 512}  # of the mlp, for steps of about 5 ms


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One run, as it was typed."""

    step_s: float  # the median
    after_s: float  # from the record to the end of the command
    num_rows: int
    told: str


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The same run tracked and with nobody tracking."""

    tracked: Ran
    alone: Ran


@dataclass(frozen=True, kw_only=True)
class Met:
    """A pair whose tracked run met a fault."""

    pair: Pair
    rows_there: int  # before sync
    rows_synced: int  # after it

    @property
    def holds(self) -> bool:
        return self.rows_synced == self.pair.tracked.num_rows


def pair(folder: Path, framework: str, number: int) -> Pair:
    """With W&B offline and with nobody tracking."""

    def ran(kind: str) -> Ran:
        return _run(folder / f"{framework}-{number}-{kind}", framework, kind, service=None)

    return _in_turns(number, lambda: ran("wandb_offline"), lambda: ran("none"))


def meet(folder: Path, name: str, number: int) -> Met:
    """With W&B online under the fault and with nobody tracking; then a sync without the fault."""
    fault, store = replace(FAULTS[name]), folder / f"{name}-{number}"
    with serve() as service:
        if fault.kind == "refuse":
            service.refuse()
        else:
            service.fault = fault
        ran = _in_turns(
            number,
            lambda: _run(store, "torch", "wandb_online", service=service),
            lambda: _run(folder / f"{store.name}-none", "torch", "none", service=None),
        )
        there = service.num_rows()
        service.recover()
        if fault.kind == "refuse":
            service.start()
        at = ("--store", str(store))
        fwexp("sync", *at, environment=wandb_environment(service), timeout_s=600)
        return Met(pair=ran, rows_there=there, rows_synced=service.num_rows())


def step_ratio(pairs: Sequence[Pair]) -> Ratio:
    """The tracked runs' median steps over those with nobody tracking."""
    return paired_ratio([p.tracked.step_s for p in pairs], [p.alone.step_s for p in pairs])


def _in_turns(number: int, tracked: Callable[[], Ran], alone: Callable[[], Ran]) -> Pair:
    """Both, one after the other, in an order that alternates with the number."""
    if number % 2:
        return Pair(tracked=tracked(), alone=alone())
    first = alone()
    return Pair(tracked=tracked(), alone=first)


def _run(store: Path, framework: str, kind: str, *, service: Service | None) -> Ran:
    chosen = (f"framework={framework}", f"model.options.width={WIDTH[framework]}")
    argv = [*RUN, *chosen, f"tracking={kind}", f"store={store}"]
    said = _type(argv, wandb_environment(service, **session_variables()))
    ended = time.time()
    (file,) = store.glob("runs/*/*/record.json")
    record, history = (json.loads(f.read_text()) for f in (file, file.with_name("history.json")))
    steps = history["step_s"]
    told = [line for line in said.splitlines() if "W&B stays" in line]
    address = service.url if service else "URL"
    return Ran(
        step_s=statistics.median(steps[NUM_FIRST:]),
        after_s=ended - file.stat().st_mtime,
        num_rows=len(steps) + any(e["step"] == 0 for e in record["evaluations"]),
        told=told[0].replace(address, "URL") if told else "uploaded",
    )


def _type(argv: list[str], environment: dict[str, str]) -> str:
    """What `fwexp …` prints, without the import of its framework."""
    said = io.StringIO()
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch("fwexp.launch.drive.WarmServers", SharedServers),
        redirect_stdout(said),
        redirect_stderr(said),
    ):
        code = dispatch(argv)
    assert code == 0, said.getvalue()
    return said.getvalue()
