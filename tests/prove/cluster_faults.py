"""What a cluster can do to a sweep, each fault by a function that does it to one under way."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.proc import children, kill, wait_until
from tests.prove.cluster_sweep import (
    ClusterSweep,
    end,
    job_processes,
    jobs,
    runs,
    step_daemons,
)
from tests.prove.small_sweep import FILE

LONG_S = 900
FLAG = Path("/tmp", f"fwexp-prove-{os.getpid()}")  # while it is there, half of MIXED's runs raise
RAISES = (
    "[model.implementation=tests.fragile, +model.options.fault=raise, "
    f"+model.options.while_exists={FLAG}]"
)
MIXED = FILE.replace("seed: [0, 1, 2, 3]", "seed: [0, 1]").replace(
    "overrides:", f"cases:\n  - [model.implementation=fwexp.models.mlp]\n  - {RAISES}\noverrides:"
)
LONG = (
    FILE.replace("[torch, tf]", "[torch]")
    .replace("[0, 1, 2, 3]", "[0]")
    .replace("num_steps=600", "num_steps=120000\n  - training.evaluate_every_epochs=500")
)
# Slurm tells a job of its time limit up to a minute early: in the first minute, here.
BRIEF = """\
# the one-machine cluster, with little time
hardware:
  cpu: {partition: gpu, exclusive: true, cpus_per_task: 2, time_min: 1, signal_s: 20}
"""
NARROW = """\
# the one-machine cluster, with an array a job
hardware:
  cpu: {partition: gpu, exclusive: true, cpus_per_task: 2, time_min: 60}
max_array_size: 1
"""
# The sbatch that hangs at a submission: before Slurm hears of it, or after.
SBATCH = """\
#!/bin/bash
case "${{@: -1}}" in *.sh) ;; *) exec {real} "$@" ;; esac
cd {folder}
number=$(ls | grep -c asked)
touch asked-$number
if [ $number -lt {number} ]; then exec {real} "$@"; fi
{if_taken}{real} "$@" > /dev/null
touch hangs
exec sleep 600
"""


@dataclass(frozen=True, kw_only=True)
class Fault:
    title: str
    strike: Callable[[ClusterSweep], str]  # starts the sweep; what that said until it was over
    again: tuple[str, ...] = ()  # what the command typed again has besides
    text: str = FILE
    num_undone: int = 0  # at least so many runs are not done when it is typed again,
    num_interruptions: int = 0  # and so often went one on: else the fault has not struck


def driver_before(sweep: ClusterSweep) -> str:
    return _hang_and_kill(sweep, number=0, is_taken=False)


def driver_during(sweep: ClusterSweep) -> str:
    return _hang_and_kill(sweep, number=0, is_taken=True)


def driver_between(sweep: ClusterSweep) -> str:
    return _hang_and_kill(sweep, "launcher.site=narrow", number=1, is_taken=False)


def _hang_and_kill(sweep: ClusterSweep, *words: str, number: int, is_taken: bool) -> str:
    """SIGKILL for the command and the sbatch that it waits for."""
    folder = sweep.folder / "bin"
    folder.mkdir()
    sbatch = folder / "sbatch"
    values = {"real": shutil.which("sbatch"), "folder": folder, "number": number}
    sbatch.write_text(SBATCH.format(**values, if_taken="" if is_taken else ": "))
    sbatch.chmod(0o755)
    driver = sweep.start("launcher.blocks_per_job=2", *words, path=str(folder))
    wait_until((folder / "hangs").exists, what="sbatch", timeout_s=LONG_S)
    kill([driver.pid, *children(driver.pid)])
    return end(driver).err


def driver_after(sweep: ClusterSweep) -> str:
    driver = _start(sweep)
    kill([driver.pid])
    return end(driver).err


def job_cancelled(sweep: ClusterSweep) -> str:
    driver = _start(sweep)
    running = ("squeue", "-h", "-r", "-t", "R", "-o", "%i")
    task = sweep.cluster.ask(*running).split()[0]
    sweep.cluster.ask("scancel", task)
    wait_until(lambda: task not in sweep.cluster.ask(*running).split(), what="its end")
    return end(driver).err


def job_killed(sweep: ClusterSweep) -> str:
    driver = _start(sweep)
    kill(jobs(sweep.cluster)[:1])
    return end(driver).err


def node_lost(sweep: ClusterSweep) -> str:
    """All that runs on nodeA ends at once, and its slurmd is back ten seconds later."""
    driver = _start(sweep)
    below = job_processes(sweep.cluster, node="nodeA")
    kill([_daemon(sweep, "slurmd-nodeA"), *step_daemons(below), *below])
    time.sleep(10)
    subprocess.run(["slurmd", "-N", "nodeA"], env=sweep.cluster.environment, check=True)
    return end(driver).err


def node_daemon_killed(sweep: ClusterSweep) -> str:
    """slurmd alone ends, its jobs go on, and it is back ten seconds later."""
    driver = _start(sweep)
    kill([_daemon(sweep, "slurmd-nodeA")])
    time.sleep(10)
    subprocess.run(["slurmd", "-N", "nodeA"], env=sweep.cluster.environment, check=True)
    return end(driver).err


def controller_restarted(sweep: ClusterSweep) -> str:
    driver = _start(sweep)
    kill([_daemon(sweep, "slurmctld")])
    time.sleep(5)
    subprocess.run(["slurmctld"], env=sweep.cluster.environment, check=True)
    return end(driver).err


def disk_full(sweep: ClusterSweep) -> str:
    """One run's folder is a file system of 24 KiB, and then no longer."""
    there = next(iter(sweep.reference.files.record_files().values())).parent
    folder = sweep.folder / there.relative_to(sweep.reference.files.folder)
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", folder], check=True)
    try:
        return end(_start(sweep)).err
    finally:
        subprocess.run(["umount", folder], check=True)


def model_raises(sweep: ClusterSweep) -> str:
    """It is mended before the command is typed again."""
    FLAG.touch()
    try:
        return end(_start(sweep)).err
    finally:
        FLAG.unlink()


def limit_hit(sweep: ClusterSweep) -> str:
    return end(sweep.start("launcher.site=brief", "--wait")).err


def _start(sweep: ClusterSweep) -> "subprocess.Popen[str]":
    """Type the command; two jobs, of which one has begun a run."""
    driver = sweep.start("launcher.blocks_per_job=2", "--wait")
    wait_until(lambda: runs(sweep.cluster), what="a run", timeout_s=LONG_S)
    return driver


def _daemon(sweep: ClusterSweep, name: str) -> int:
    return int((sweep.cluster.folder / f"{name}.pid").read_text())


FAULTS = [
    Fault(title="driver SIGKILLed before submission", strike=driver_before, num_undone=8),
    Fault(
        title="driver SIGKILLed when Slurm has its array and it does not know",
        strike=driver_during,
        num_undone=8,
    ),
    Fault(title="driver SIGKILLed between two arrays", strike=driver_between, num_undone=1),
    Fault(title="driver SIGKILLed after submission", strike=driver_after, num_undone=1),
    Fault(title="a job scancelled", strike=job_cancelled, num_undone=1),
    Fault(title="a job SIGKILLed", strike=job_killed, num_undone=1),
    Fault(title="a node lost mid-run, and back", strike=node_lost),
    Fault(title="a node's slurmd killed mid-run, and back", strike=node_daemon_killed),
    Fault(title="the controller SIGKILLed and started again", strike=controller_restarted),
    Fault(
        title="the disk full in one run",
        strike=disk_full,
        again=("--retry",),
        num_undone=1,
    ),
    Fault(
        title="a model that raises",
        strike=model_raises,
        again=("--retry",),
        text=MIXED,
        num_undone=4,
    ),
    Fault(title="a time limit hit twice", strike=limit_hit, text=LONG, num_interruptions=2),
]
