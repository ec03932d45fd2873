"""W&B against a stand-in of its service: nothing lost, nothing twice, nothing slower."""

import json
import math
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fwexp.evidence.statistics import mean_interval
from fwexp.runs.store import Store
from tests.evidence.factory import Truth, simulate
from tests.prove.table import table
from tests.tiny import session_variables
from tests.tracking.service import Fault, Service, serve
from tests.tracking.simulated import (
    fwexp,
    num_rows,
    simulated_store,
    uploaded_rows,
    wandb_environment,
)

PAGE = Path(__file__).parents[2] / "docs" / "proof" / "wandb.md"
NUM_KILLS = 20
SEED = 20261120
NUM_PAIRS = 12  # of runs with W&B offline and without
FAULTS: dict[str, Fault | None] = {
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
    *("model=mlp", "data=digits", "model.options.width=384", "training.batch_size=512"),
    *("training.num_epochs=null", "training.num_steps=600", "hardware.num_threads=1"),
    "training.evaluate_every_epochs=100",
)


@dataclass(frozen=True, kw_only=True)
class Kills:
    """A sync that was killed again and again."""

    num_wanted: int  # rows
    num_runs: int
    num_killed: int
    num_midway: int  # kills that left the service with a part of the rows
    num_doubled: int
    num_missing: int
    is_equal: bool  # the write-up from there, to the local one

    @property
    def holds(self) -> bool:
        return self.is_equal and not (self.num_doubled or self.num_missing)


@dataclass(frozen=True, kw_only=True)
class Met:
    """A run, online, under one fault."""

    fault: str
    ratio: float  # of the median step, over that of the same run with nobody tracking
    after_s: float  # from the record to the end of the command
    rows_local: int
    rows_there: int  # before sync
    rows_synced: int  # after it
    told: str


def main() -> bool:
    """Write the page; whether all of it holds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        undisturbed = _sync(folder / "whole", num_kills=0)
        killed = _sync(folder / "killed", num_kills=NUM_KILLS)
        faults = [_meet(name, fault, folder) for name, fault in FAULTS.items() if fault]
        pairs = {f: [_pair(folder, f, n) for n in range(NUM_PAIRS)] for f in ("torch", "tf")}
    holds = undisturbed.holds and killed.holds
    holds = holds and all(met.rows_synced == met.rows_local for met in faults)
    PAGE.write_text("\n".join(_page(undisturbed, killed, faults, pairs)) + "\n")
    print(PAGE.read_text())
    return holds


def _sync(folder: Path, *, num_kills: int) -> Kills:
    """Sixty runs, synced with so many kills at random moments, then to the end."""
    truths = {"mlp": Truth(target=0.9), "cnn": Truth(level=0.5), "lenet": Truth()}
    store = simulated_store(folder / "store", simulate(truths, num_seeds=10))
    rng, num_killed, num_midway = random.Random(SEED), 0, 0
    total = sum(num_rows(store).values())
    with serve() as service:
        service.fault = Fault(kind="slow", slow_s=0.05) if num_kills else None
        for at_rows in sorted(rng.randrange(total) for _ in range(num_kills)):
            num_killed += _kill(store, service, at_rows=at_rows, then_s=rng.uniform(0.0, 0.3))
            num_midway += 0 < service.num_rows() < total
        service.fault = None
        _fwexp_sync(store, service)
        wanted = num_rows(store)
        there = uploaded_rows(service)
        lead = folder / "lead"
        fwexp(
            *("report", "demo", "--from", "wandb", "--store", str(lead)),
            environment=wandb_environment(service),
            timeout_s=600,
        )
    names = ("evidence.json", "page.md", "page.html")
    far = lead / "sweeps" / "demo" / "from_wandb"
    near = store.sweep_folder("demo")
    steps = [(i, step) for i, found in there.items() for step in found]
    return Kills(
        num_wanted=sum(wanted.values()),
        num_runs=len(wanted),
        num_killed=num_killed,
        num_midway=num_midway,
        num_doubled=len(steps) - len(set(steps)),
        num_missing=sum(wanted.values()) - len(set(steps)),
        is_equal=all((far / n).read_bytes() == (near / n).read_bytes() for n in names),
    )


def _kill(store: Store, service: Service, *, at_rows: int, then_s: float) -> int:
    """Type the sync and kill it soon after the service has so many rows; 1 if it was under way."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fwexp", "sync", "demo", "--store", str(store.path)],
        env=wandb_environment(service),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and service.num_rows() <= at_rows:
        time.sleep(0.01)
    time.sleep(then_s)
    if process.poll() is not None:
        return 0
    process.kill()
    process.wait()
    return 1


def _fwexp_sync(store: Store, service: Service) -> None:
    at = ("--store", str(store.path))
    fwexp("sync", "demo", *at, environment=wandb_environment(service), timeout_s=600)


def _meet(name: str, fault: Fault, folder: Path) -> Met:
    """The same run without tracking and online under the fault; then a sync without it."""
    plain = _run(folder / f"{name}-none", None, "tracking=none", "framework=torch")
    with serve() as service:
        if fault.kind == "refuse":
            service.refuse()
        else:
            service.fault = fault
        online = _run(folder / name, service, "tracking=wandb_online", "framework=torch")
        there = service.num_rows()
        service.recover()
        if fault.kind == "refuse":
            service.start()
        at = ("--store", str(folder / name))
        fwexp("sync", *at, environment=wandb_environment(service), timeout_s=600)
        synced = service.num_rows()
    return Met(
        fault=name,
        ratio=online.step_s / plain.step_s,
        after_s=online.after_s,
        rows_local=online.num_rows,
        rows_there=there,
        rows_synced=synced,
        told=online.told.replace(service.url, "URL"),
    )


@dataclass(frozen=True, kw_only=True)
class _Ran:
    step_s: float  # the median
    after_s: float
    num_rows: int
    told: str


def _run(store: Path, service: Service | None, *overrides: str) -> _Ran:
    environment = wandb_environment(service, **session_variables())
    done = fwexp(*RUN, *overrides, f"store={store}", environment=environment, timeout_s=600)
    ended = time.time()
    records = list(store.glob("runs/*/*/record.json"))
    assert len(records) == 1, done.stderr
    (record,) = records
    steps = json.loads(record.with_name("history.json").read_text())["step_s"]
    evaluated = any(e["step"] == 0 for e in json.loads(record.read_text())["evaluations"])
    told = [line for line in (done.stdout + done.stderr).splitlines() if "W&B stays" in line]
    return _Ran(
        step_s=statistics.median(steps[50:]),
        after_s=ended - record.stat().st_mtime,
        num_rows=len(steps) + evaluated,
        told=told[0] if told else "uploaded",
    )


def _pair(folder: Path, framework: str, number: int) -> tuple[_Ran, _Ran]:
    """The same run with nobody tracking and with W&B offline, in an order that alternates."""
    ran = {}
    kinds = ("none", "wandb_offline") if number % 2 else ("wandb_offline", "none")
    for kind in kinds:
        store = folder / f"pair-{framework}-{number}-{kind}"
        ran[kind] = _run(store, None, f"tracking={kind}", f"framework={framework}")
    return ran["none"], ran["wandb_offline"]


def _page(
    whole: Kills, killed: Kills, faults: list[Met], pairs: dict[str, list[tuple[_Ran, _Ran]]]
) -> Iterator[str]:
    yield "# W&B: against a stand-in of its service, with the real client"
    yield ""
    yield (
        "Nothing here was run against W&B's own service. The stand-in (tests/tracking/service.py) "
        "listens on loopback, keeps what the real wandb client sends, and fails a test on any "
        "operation that it does not know. Measured by `python -m tests.prove wandb`."
    )
    yield ""
    yield (
        f"A sweep of {whole.num_runs} runs, {whole.num_wanted:,} rows, offline, then `fwexp sync`, "
        "then `fwexp report --from wandb`; and the same with the sync killed (SIGKILL) "
        f"{NUM_KILLS} times, each up to 0.3 s after the service had a random number of rows, "
        "before it was let through:"
    )
    yield ""
    yield from table(
        ("sync", "killed", "a part was there", "rows twice", "rows missing", "page equal", ""),
        [
            (
                name,
                str(k.num_killed),
                str(k.num_midway),
                str(k.num_doubled),
                str(k.num_missing),
                "yes" if k.is_equal else "NO",
                "holds" if k.holds else "FAILED",
            )
            for name, k in {"undisturbed": whole, "killed": killed}.items()
        ],
    )
    yield ""
    yield (
        "One run (torch, mlp, 600 steps) with `tracking=wandb_online` under a fault of the "
        "service, over the same run with `tracking=none`. `step`: ratio of the median steps, one "
        "pair, so mostly the machine's noise: the upload begins when the record is written. "
        "`after`: from the record to the end of the command."
    )
    yield ""
    yield from table(
        ("fault", "step", "after, s", "rows local", "there", "there after sync", "the user saw"),
        [
            (
                met.fault,
                f"{met.ratio:.3f}",
                f"{met.after_s:.1f}",
                str(met.rows_local),
                str(met.rows_there),
                str(met.rows_synced) + ("" if met.rows_synced == met.rows_local else " FAILED"),
                met.told,
            )
            for met in faults
        ],
    )
    yield ""
    logs = [math.log(met.ratio) for met in faults]
    ends = mean_interval(logs, confidence=0.95)
    yield (
        f"Over all {len(faults)} faults: {math.exp(statistics.fmean(logs)):.3f} (95 % interval "
        f"{math.exp(ends.low):.3f} … {math.exp(ends.high):.3f})."
    )
    yield ""
    yield (
        "`tracking=wandb_offline` over `none`: the same run in pairs, the order alternating; the "
        "interval is of the mean of logarithms, 95 %. `start-up`: what the command takes longer "
        "after the record, for the copy."
    )
    yield ""
    yield from table(
        ("framework", "pairs", "median step, ms", "ratio", "95 % interval", "start-up, s"),
        [_cost(framework, ran) for framework, ran in pairs.items()],
    )


def _cost(framework: str, ran: list[tuple[_Ran, _Ran]]) -> list[str]:
    logs = [math.log(offline.step_s / none.step_s) for none, offline in ran]
    interval = mean_interval(logs, confidence=0.95)
    return [
        framework,
        str(len(ran)),
        f"{1000 * statistics.median(none.step_s for none, _ in ran):.2f}",
        f"{math.exp(statistics.fmean(logs)):.4f}",
        f"{math.exp(interval.low):.4f} … {math.exp(interval.high):.4f}",
        f"{statistics.median(offline.after_s - none.after_s for none, offline in ran):.1f}",
    ]
