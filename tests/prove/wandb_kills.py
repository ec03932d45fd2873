"""A sync that is killed again and again: what is there twice, and what is missing."""

import random
import time
from dataclasses import dataclass
from pathlib import Path

from fwexp.store.store import Store
from tests.evidence.factory import Truth, simulate
from tests.tracking.service import Fault, Service, serve
from tests.tracking.simulated import (
    fwexp,
    num_rows,
    same_write_up,
    simulated_store,
    start_sync,
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
    num_killed: int  # of the tries: while rows came in and a run had not ended
    num_doubled: int
    num_resent: int  # rows that the service had already, and got again at their place
    num_missing: int
    is_equal: bool  # the write-up from there, to the local one

    @property
    def holds(self) -> bool:
        return self.is_equal and not (self.num_doubled or self.num_missing or self.num_resent)


def sync_sixty(folder: Path, *, num_kills: int) -> Kills:
    """Sixty runs, synced with so many kills at random moments, then to the end."""
    truths = {"mlp": Truth(target=0.9), "cnn": Truth(quality_target=0.5), "lenet": Truth()}
    store = simulated_store(folder / "store", simulate(truths, num_seeds=10))
    rng, wanted = random.Random(SEED), num_rows(store)
    total = sum(wanted.values())
    with serve() as service:
        service.fault = Fault(kind="slow", slow_s=0.2) if num_kills else None
        num_killed = sum(
            _kill(store, service, then_s=rng.uniform(0.0, 0.5)) for _ in range(num_kills)
        )
        service.fault = None
        at = ("--store", str(store.path))
        done = fwexp("sync", "demo", *at, environment=wandb_environment(service), timeout_s=600)
        assert done.returncode == 0, done.stdout + done.stderr
        steps = [(i, step) for i, found in uploaded_rows(service).items() for step in found]
        return Kills(
            num_wanted=total,
            num_runs=len(wanted),
            num_killed=num_killed,
            num_doubled=len(steps) - len(set(steps)),
            num_resent=service.data.num_resent,
            num_missing=total - len(set(steps)),
            is_equal=same_write_up(store, service, lead=folder / "lead"),
        )


def _kill(store: Store, service: Service, *, then_s: float) -> bool:
    """Type the sync and kill it soon after rows of it have come in; whether it was under way."""
    before = service.num_rows()
    process = start_sync(store, service)
    while process.poll() is None and service.num_rows() == before:
        time.sleep(0.01)
    time.sleep(then_s)
    is_under_way = process.poll() is None and service.has_open_runs()
    process.kill()
    process.communicate()
    return is_under_way
