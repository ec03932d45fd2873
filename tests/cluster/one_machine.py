"""The one-machine cluster, brought up and taken down by its script, and asked by its commands."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.proc import command_of, wait_until, with_variables
from tests.tiny import ROOT

SCRIPT = ROOT / "slurm" / "cluster"
TIMEOUT_S = 600


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster that is up, in its folder."""

    folder: Path

    @property
    def mark(self) -> str:
        """The variable that its daemons and jobs, and no other processes, have."""
        return f"SLURM_CONF={self.folder}/slurm.conf"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a shell has after `eval "$(slurm/cluster env)"`."""
        name, value = self.mark.split("=", 1)
        return {**os.environ, name: value}

    def ask(self, *command: str) -> str:
        """What one of Slurm's commands prints; AssertionError where it fails."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=TIMEOUT_S
        )
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout.strip()

    def fields(self, job_id: str) -> dict[str, str]:
        """What the controller says of a job."""
        words = self.ask("scontrol", "show", "job", job_id).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def wait_empty(self, *, timeout_s: float = TIMEOUT_S) -> None:
        """Until no job is queued or running."""
        wait_until(lambda: not self.ask("squeue", "-h"), what="no jobs", timeout_s=timeout_s)


def script(*words: str | Path, path: Path = SCRIPT) -> subprocess.CompletedProcess[str]:
    """`slurm/cluster` with these words."""
    command = [sys.executable, path, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)


def bring_up(folder: Path, *flags: str) -> Cluster:
    done = script("up", *flags, folder)
    assert done.returncode == 0, done.stderr
    return Cluster(folder=folder)


def take_down(cluster: Cluster) -> None:
    done = script("down", cluster.folder)
    assert done.returncode == 0, done.stderr


def processes_of(cluster: Cluster) -> list[str]:
    """The commands of all processes that have this cluster in their environment."""
    found = [command_of(pid) for pid in with_variables(cluster.mark)]
    return [command.replace(b"\0", b" ").decode() for command in found]
