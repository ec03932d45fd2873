"""What tracking does to a run's steps: with W&B offline, and online under a fault of the service.

The command line is the user's, typed in this process again and again, so that both frameworks are
imported once and a pair's two runs lie seconds apart.
"""

import io
import json
import math
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from fwexp.cli import dispatch
from fwexp.runs.store import slug
from tests.bench.ratio import Ratio, paired_ratio
from tests.processes import commands
from tests.tiny import SharedServers, session_variables
from tests.tracking.service import Fault, Service, serve
from tests.tracking.simulated import fwexp, wandb_environment
from tests.tracking.wandb_files import read_offline_run

NUM_STEPS = 400
NUM_FIRST = 50  # steps of warm-up, left out of the time of a step
GONE_S = 1.0
ITS_COMMANDS = (b"wandb-core", b"fwexp.tracking")
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
RUN = (
    *("model=mlp", "data=digits", "training.batch_size=512", "training.num_epochs=null"),
    *(f"training.num_steps={NUM_STEPS}", "training.evaluate_every_epochs=200"),
    "hardware.num_threads=1",
)
WIDTH = {"torch": 320, "tf": 512}  # of the mlp, for steps of about 5 ms


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One run, as it was typed."""

    train_s: float  # all steps
    mean_step_s: float
    median_step_s: float
    after_s: float  # from the record to the end of the command
    num_rows: int  # of its copy
    told: str


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The same run tracked and with nobody tracking."""

    tracked: Ran
    alone: Ran


@dataclass(frozen=True, kw_only=True)
class Three(Pair):
    """A pair, and the same run once more with nobody tracking: what two of the same differ by."""

    again: Ran


@dataclass(frozen=True, kw_only=True)
class Met:
    """A pair whose tracked run met a fault."""

    pair: Pair
    rows_there: int  # before sync
    rows_synced: int  # after it

    @property
    def holds(self) -> bool:
        return self.rows_synced == self.pair.tracked.num_rows == NUM_STEPS + 1


def three(folder: Path, framework: str, number: int) -> Three:
    """With W&B offline and twice with nobody tracking, in random order.

    The stores' names are of random lengths: in a process that is forked from a warm server the
    layout of memory follows from what it is sent, and would be the same in every run of a kind.
    """
    rng = random.Random(f"{framework}-{number}")
    order = ["tracked", "alone", "again"]
    rng.shuffle(order)
    ran = {}
    for which in order:
        store = folder / f"{framework}-{number}-{which}-{'x' * rng.randrange(100)}"
        kind = "wandb_offline" if which == "tracked" else "none"
        ran[which] = _run(store, framework, kind, service=None)
    return Three(**ran)


def meet(folder: Path, name: str, number: int) -> Met:
    """With W&B online under the fault and with nobody tracking; then a sync without the fault."""
    fault, store = replace(FAULTS[name]), folder / f"{slug(name)}-{number}"
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


def ratio_of(figure: Callable[[Ran], float], pairs: Sequence[Pair]) -> Ratio:
    """The tracked runs' figure over that of those with nobody tracking."""
    return paired_ratio([figure(p.tracked) for p in pairs], [figure(p.alone) for p in pairs])


def cost_of(figure: Callable[[Ran], float], rounds: Sequence[Three]) -> Ratio:
    """The tracked runs' figure over the mean of the two with nobody tracking."""
    alone = [math.sqrt(figure(r.alone) * figure(r.again)) for r in rounds]
    return paired_ratio([figure(r.tracked) for r in rounds], alone)


def noise_of(figure: Callable[[Ran], float], rounds: Sequence[Three]) -> Ratio:
    """The same of two runs with nobody tracking: 1, but for what the measuring itself adds."""
    return paired_ratio([figure(r.again) for r in rounds], [figure(r.alone) for r in rounds])


def start_up_s(folder: Path, number: int) -> float:
    """What `tracking=wandb_offline` adds to a command from its start to its end, as typed."""

    def whole_s(kind: str) -> float:
        began = time.monotonic()
        argv = [*RUN, "framework=torch", f"tracking={kind}", f"store={folder}/{kind}-{number}"]
        done = fwexp(*argv, environment=wandb_environment(None, **session_variables()))
        assert done.returncode == 0, done.stderr
        return time.monotonic() - began

    kinds = ("none", "wandb_offline")
    took = {kind: whole_s(kind) for kind in (kinds if number % 2 else kinds[::-1])}
    return took["wandb_offline"] - took["none"]


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
    assert _are_gone(), "a process of W&B's outlived the command"
    (file,) = store.glob("runs/*/*/record.json")
    steps = json.loads(file.with_name("history.json").read_text())["step_s"]
    told = [line for line in said.splitlines() if "W&B stays" in line or " uploaded to " in line]
    return Ran(
        train_s=sum(steps),
        mean_step_s=statistics.fmean(steps[NUM_FIRST:]),
        median_step_s=statistics.median(steps[NUM_FIRST:]),
        after_s=ended - file.stat().st_mtime,
        num_rows=0 if kind == "none" else len(read_offline_run(file.parent)["rows"]),
        told=" ".join(told).replace(service.url if service else "URL", "URL"),
    )


def _are_gone() -> bool:
    """Whether W&B's processes end with the command, or a moment later."""
    deadline = time.monotonic() + GONE_S
    while any(name in command for command in commands().values() for name in ITS_COMMANDS):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


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
