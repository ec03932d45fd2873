"""Thirty kills, spread over all phases of a sweep of sixty short runs on a cluster."""

import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.one_machine import Cluster
from tests.proc import kill
from tests.prove.cluster_sweep import ClusterSweep, Reference, jobs, runs, servers
from tests.prove.small_sweep import FILE
from tests.prove.table import table

SEED = 20261120
NUM_KILLS, NUM_RUNS = 30, 60
LONGEST_S = {"driver": 8.0, "job": 12.0, "server": 3.0, "run": 1.0}  # from when there is one
TEXT = FILE.replace("[0, 1, 2, 3]", f"{list(range(NUM_RUNS // 2))}").replace("=600", "=300")


@dataclass(kw_only=True)
class Kills:
    """What was killed, and what came of it in the end."""

    killed: list[tuple[str, int]] = field(default_factory=list)  # and how many runs were done
    num_typed: int = 0
    num_missing: int = 0
    num_repeated: int = 0
    is_equal: bool = False

    @property
    def num_kills(self) -> int:
        return len(self.killed)

    @property
    def passed(self) -> bool:
        return (
            self.num_kills == NUM_KILLS
            and self.num_missing == self.num_repeated == 0
            and self.is_equal
        )

    def page(self) -> Iterator[str]:
        """Its part of the proof."""
        yield f"## {NUM_KILLS} kills in a sweep of {NUM_RUNS} runs"
        yield ""
        yield (
            f"SIGKILL for a random one of the processes (seed {SEED}), at a random moment after "
            "there was one, and the next no sooner than two more runs were done. The command was "
            f"typed {self.num_typed} times in all, each time when it had ended. Missing at the "
            f"end: {self.num_missing} of {NUM_RUNS} runs; repeated: "
            f"{self.num_repeated}; equal to an undisturbed local sweep: "
            f"{'yes' if self.is_equal else 'NO'}."
        )
        yield ""
        parts = [f"{k * 15} to {k * 15 + 14}" for k in range(4)]
        counts = Counter((target, min(done // 15, 3)) for target, done in self.killed)
        rows = [[t, *(str(counts[t, k]) for k in range(4))] for t in LONGEST_S]
        yield from table(("killed", *(f"with {part} runs done" for part in parts)), rows)


def kill_many(cluster: Cluster, scratch: Path) -> Kills:
    """Type the command until all is done, and kill something thirty times on the way."""
    reference = Reference(scratch / "sixty-undisturbed", TEXT)
    sweep = ClusterSweep(scratch / "sixty", cluster, reference)
    rng, kills = random.Random(SEED), Kills()
    first_done: dict[str, int] = {}
    while kills.num_typed == 0 or kills.num_kills < NUM_KILLS or len(first_done) < NUM_RUNS:
        driver = sweep.start("launcher.blocks_per_job=5", "--wait")
        kills.num_typed += 1
        while driver.poll() is None and kills.num_kills < NUM_KILLS:
            if len(sweep.done()) < kills.num_kills * NUM_RUNS // NUM_KILLS:
                time.sleep(0.1)  # the next one is for a later phase
                continue
            target = rng.choice(list(LONGEST_S))
            if _kill_one(sweep, driver, target, rng):
                kills.killed.append((target, len(sweep.done())))
                print(f"killed {kills.killed[-1]}", flush=True)
            first_done = sweep.done() | first_done
        driver.communicate()
        first_done = sweep.done() | first_done
        if kills.num_typed > 2 * NUM_KILLS:
            break  # something is never done
    last = sweep.done()
    kills.num_missing = len(set(reference.results) - set(last))
    kills.num_repeated = sum(last.get(i) != t for i, t in first_done.items()) + sweep.num_repeated()
    kills.is_equal = sweep.files.results() == reference.results
    print(kills, flush=True)
    return kills


def _kill_one(
    sweep: ClusterSweep, driver: "subprocess.Popen[str]", target: str, rng: random.Random
) -> bool:
    """Whether there was one to kill, before the command ended."""
    find: dict[str, Callable[[], list[int]]] = {
        "driver": lambda: [driver.pid] if driver.poll() is None else [],
        "job": lambda: jobs(sweep.cluster),
        "server": lambda: servers(sweep.cluster),
        "run": lambda: runs(sweep.cluster),
    }
    while driver.poll() is None and not find[target]():
        time.sleep(0.05)
    time.sleep(rng.uniform(0.0, LONGEST_S[target]))
    found = find[target]()
    if found:
        kill([rng.choice(found)])
    return bool(found)
