"""A sync that is killed again and again: what is there twice, and what is missing."""

import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from fwexp.runs.store import Store
from tests.evidence.factory import Truth, simulate
from tests.tracking.service import Fault, Service, serve
from tests.tracking.simulated import (
    fwexp,
    num_rows,
    same_write_up,
    simulated_store,
    uploaded_rows,
    wandb_environment,
)

NUM_KILLS = 20
SEED = 20261120


@dataclass(frozen=True, kw_only=True)
class Kills:
    """What came of it."""

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


def sync_sixty(folder: Path, *, num_kills: int) -> Kills:
    """Sixty runs, synced with so many kills at random moments, then to the end."""
    truths = {"mlp": Truth(target=0.9), "cnn": Truth(level=0.5), "lenet": Truth()}
    store = simulated_store(folder / "store", simulate(truths, num_seeds=10))
    rng, num_killed, num_midway = random.Random(SEED), 0, 0
    wanted = num_rows(store)
    total = sum(wanted.values())
    with serve() as service:
        service.fault = Fault(kind="slow", slow_s=0.05) if num_kills else None
        for at_rows in sorted(rng.randrange(total) for _ in range(num_kills)):
            num_killed += _kill(store, service, at_rows=at_rows, then_s=rng.uniform(0.0, 0.3))
            num_midway += 0 < service.num_rows() < total
        service.fault = None
        at = ("--store", str(store.path))
        fwexp("sync", "demo", *at, environment=wandb_environment(service), timeout_s=600)
        steps = [(i, step) for i, found in uploaded_rows(service).items() for step in found]
        return Kills(
            num_wanted=total,
            num_runs=len(wanted),
            num_killed=num_killed,
            num_midway=num_midway,
            num_doubled=len(steps) - len(set(steps)),
            num_missing=total - len(set(steps)),
            is_equal=same_write_up(store, service, lead=folder / "lead"),
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
