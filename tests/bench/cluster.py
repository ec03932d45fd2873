"""The same short runs on a cluster by fwexp and by Hydra's submitit launchers."""

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.fresh import environment
from tests.bench.table import print_table, print_text
from tests.cluster.one_machine import Cluster, bring_up, take_down
from tests.proc import commands, kill, wait_until

NUM_RUNS, NUM_QUICK = 40, 4
LONGEST_S = 1800
BLOCKS_PER_JOB = 4  # conf/launcher/slurm.yaml
# Two jobs at a time, one on each node, however they are packed.
RUNS = [
    *("framework=torch", "model=mlp", "data=digits", "training.num_epochs=null"),
    *("training.num_steps=300", "hardware.num_threads=1", "tracking=none"),
]
SLURM = [
    *("hydra.launcher.partition=gpu", "hydra.launcher.gres=gpu:2"),
    *("hydra.launcher.cpus_per_task=2", "hydra.launcher.timeout_min=60"),
]
WAYS = {
    "fwexp, launcher=slurm": ["launcher=slurm", "launcher.site=one_machine"],
    "Hydra, submitit_slurm": ["hydra/launcher=submitit_slurm", "hydra.sweep.dir=jobs", *SLURM],
    "Hydra, submitit_local": ["hydra/launcher=submitit_local", "hydra.sweep.dir=jobs"],
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured of one way."""

    num_jobs: int
    submitted_s: float
    returned_s: float  # from when the command is typed until it returns
    done_s: float
    num_lost: int  # of the runs, when the driver was SIGKILLed after the first record
    num_jobs_again: int  # that the second call started
    num_repeated: int  # of the runs, by the second call


def main(*, quick: bool = False) -> None:
    """Type the runs in three ways; print the times, and what was lost and repeated."""
    num_runs = NUM_QUICK if quick else NUM_RUNS
    with tempfile.TemporaryDirectory(prefix="fwexp-bench-") as scratch:
        cluster = bring_up(Path(scratch, "cluster"))
        try:
            figures = {
                name: _measure(name, words, cluster, Path(scratch), num_runs=num_runs)
                for name, words in WAYS.items()
            }
        finally:
            take_down(cluster)
    _print(figures, num_runs=num_runs)


def _print(figures: dict[str, Figures], *, num_runs: int) -> None:
    print_text(
        f"""The same {num_runs} runs of 300 steps by `fwexp -m` and each launcher, on a Slurm of two
        pretended nodes on this machine (slurm/cluster), one job a node at a time; submitit_local
        starts all of its jobs at once. Submitted: until Slurm, or the process table, has all jobs.
        Lost: runs without a record when all was quiet after a SIGKILL for the command, sent at the
        first record. The second call is the same line, typed when all runs are done; a run of
        Hydra's that finds its record in the store ends without training, but its job has begun."""
    )
    print_table(
        ["way", "jobs", "submitted, s", "command returns, s", "all done, s", "lost to a kill",
         "second call: jobs", "runs repeated"],
        [
            [name, str(f.num_jobs), f"{f.submitted_s:.1f}", f"{f.returned_s:.1f}",
             f"{f.done_s:.1f}", str(f.num_lost), str(f.num_jobs_again), str(f.num_repeated)]
            for name, f in figures.items()
        ],
    )  # fmt: skip


def _measure(
    name: str, words: list[str], cluster: Cluster, scratch: Path, *, num_runs: int
) -> Figures:
    print(f"  {name} …", file=sys.stderr)
    line = [*RUNS, *words, f"seed=range({num_runs})"]
    num_jobs = math.ceil(num_runs / BLOCKS_PER_JOB) if name.startswith("fwexp") else num_runs
    typed = _Typed(folder=Path(tempfile.mkdtemp(dir=scratch)), line=line, cluster=cluster)
    started = time.monotonic()
    command = typed.start()
    moments = _moments(
        submitted=lambda: typed.num_jobs() == num_jobs,
        returned=lambda: command.poll() is not None,
        done=lambda: len(typed.records()) == num_runs,
    )
    _until(typed.is_quiet)
    before = typed.records()
    typed.start().wait()
    _until(typed.is_quiet)
    after = typed.records()
    return Figures(
        num_jobs=num_jobs,
        submitted_s=moments["submitted"] - started,
        returned_s=moments["returned"] - started,
        done_s=moments["done"] - started,
        num_lost=num_runs - _num_left(replace(typed, folder=Path(tempfile.mkdtemp(dir=scratch)))),
        num_jobs_again=typed.num_jobs() - num_jobs,
        num_repeated=sum(after[path] != written for path, written in before.items()),
    )


def _moments(**conditions: Callable[[], bool]) -> dict[str, float]:
    """When each condition was first seen to hold, in time.monotonic()."""
    seen: dict[str, float] = {}

    def look() -> bool:
        for name, holds in conditions.items():
            if name not in seen and holds():
                seen[name] = time.monotonic()
        return len(seen) == len(conditions)

    _until(look)
    return seen


def _num_left(typed: "_Typed") -> int:
    """The records that there are in the end where the command was killed at the first of them."""
    command = typed.start()
    _until(lambda: bool(typed.records()))
    kill([command.pid])
    command.wait()
    _until(typed.is_quiet)
    return len(typed.records())


@dataclass(frozen=True, kw_only=True)
class _Typed:
    """A command of a way, typed in a folder of its own."""

    folder: Path
    line: list[str]
    cluster: Cluster

    def start(self) -> "subprocess.Popen[bytes]":
        with (self.folder / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "fwexp", "-m", *self.line],
                cwd=self.folder,
                env={**environment(), "SLURM_CONF": self.cluster.environment["SLURM_CONF"]},
                stdout=log,
                stderr=log,
            )

    def num_jobs(self) -> int:
        """Jobs that submitit has handed over: then their pickles have their names."""
        return sum(1 for _ in self.folder.rglob("*_submitted.pkl"))

    def records(self) -> dict[Path, int]:
        """Each run's record, and when it was written."""
        paths = self.folder.glob("store/runs/*/*/record.json")
        return {path: path.stat().st_mtime_ns for path in paths}

    def is_quiet(self) -> bool:
        """Whether no job of the command's is queued or running."""
        if self.cluster.ask("squeue", "-h"):
            return False
        here = os.fsencode(self.folder)
        return not any(b"_submit" in c and here in c for c in commands().values())


def _until(condition: Callable[[], bool]) -> None:
    wait_until(condition, what="the jobs", timeout_s=LONGEST_S)
