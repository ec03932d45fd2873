"""A sweep of eight short runs in a folder of its own, and what it left behind."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.proc import children, command_of
from tests.tiny import ROOT, session_variables

FILE = """\
# fwexp sweep small
title: Small
matrix:
  framework: [torch, tf]
  seed: [0, 1, 2, 3]
overrides:
  - data=digits
  - model=mlp
  - training.num_epochs=null
  - training.num_steps=600
  - hardware.num_threads=1
  - tracking=none
"""
NUM_RUNS = 8


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A sweep command that is over."""

    code: int
    out: str
    err: str


class SmallSweep:
    """The sweep in a folder; typed as often as need be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.errors = folder / "stderr.txt"
        (folder / "sweeps").mkdir(parents=True, exist_ok=True)
        (folder / "sweeps" / "small.yaml").write_text(FILE)

    def start(self) -> subprocess.Popen[str]:
        """Type the command."""
        with self.errors.open("w") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", "fwexp", "sweep", "small"],
                cwd=self.folder,
                env=environment(**session_variables()),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def end(self, driver: subprocess.Popen[str]) -> Ended:
        """Wait until the command is over."""
        out, _ = wait_for(driver, timeout_s=600)
        return Ended(code=driver.returncode, out=out, err=self.errors.read_text())

    def type(self) -> Ended:
        """Type the command and wait until it is over."""
        return self.end(self.start())

    def num_lines(self) -> int:
        """How many lines the command under way has said."""
        return len(self.errors.read_text().splitlines())

    def under_way(self) -> str:
        """The last thing that the command under way has said."""
        lines = self.errors.read_text().splitlines()
        return lines[-1] if lines else "starting"

    def record_files(self) -> dict[str, Path]:
        """Each run's record, by run id."""
        paths = self.folder.glob("store/runs/*/*/record.json")
        return {path.parent.name: path for path in sorted(paths)}

    def times(self) -> dict[str, int]:
        """When each record was written, in nanoseconds: it changes when a run is done again."""
        return {run_id: path.stat().st_mtime_ns for run_id, path in self.record_files().items()}

    def results(self) -> dict[str, Any]:
        """What each run computed: all its losses and scores, to the last bit."""
        return {run_id: _result(path) for run_id, path in self.record_files().items()}

    def copy(self, folder: Path) -> "SmallSweep":
        """The same sweep with the same store, elsewhere."""
        shutil.copytree(self.folder, folder)
        return SmallSweep(folder)


def wait_for(driver: subprocess.Popen[str], *, timeout_s: float) -> tuple[str, str]:
    """What the command printed. It is killed where it takes longer, or the wait is interrupted."""
    try:
        return driver.communicate(timeout=timeout_s)
    except BaseException:
        driver.kill()
        raise


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, in which fwexp can be imported."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **changes}


def servers_of(driver: int) -> list[int]:
    """The warm servers below a driver."""
    return [pid for pid in children(driver) if b"fwexp.processes.server" in command_of(pid)]


def runs_of(driver: int) -> list[int]:
    """The runs, and a certificate's sides, below a driver's servers."""
    return [run for server in servers_of(driver) for run in children(server)]


def _result(path: Path) -> Any:
    record = json.loads(path.read_text())
    history = path.with_name("history.json")
    losses = json.loads(history.read_text())["loss"] if history.exists() else None
    evaluations = [(e["step"], e["scores"]) for e in record["evaluations"]]
    return record["status"], record["score"], evaluations, losses
