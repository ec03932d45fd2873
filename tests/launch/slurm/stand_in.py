"""Slurm's commands as scripts on PATH, which answer from files and note what they were asked."""

import os
from pathlib import Path

import pytest

SCRIPT = """#!/bin/sh
echo "{name} $*" >> {folder}/asked
[ "{name}" != sbatch ] || {{ cat "$1" >> {folder}/scripts; n=$(grep -c ^sbatch {folder}/asked); }}
if [ -e {folder}/{name}.error ]; then cat {folder}/{name}.error >&2; exit 1; fi
[ "{name}" != sbatch ] || echo "Submitted batch job $((100 + n))"
[ ! -e {folder}/{name}.answer ] || cat {folder}/{name}.answer
[ "{name}" != scancel ] || [ ! -e {folder}/empties ] || : > {folder}/squeue.answer
"""
COMMANDS = ("sbatch", "srun", "squeue", "sacct", "scancel", "scontrol")


class SlurmStandIn:
    """The commands of a cluster without one."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        folder.mkdir()
        for name in COMMANDS:
            path = folder / name
            path.write_text(SCRIPT.format(name=name, folder=folder))
            path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        self.answers("scontrol", "Configuration data\nMaxArraySize            = 1001\n")

    def answers(self, command: str, text: str) -> None:
        (self.folder / f"{command}.answer").write_text(text)

    def refuses(self, command: str, words: str) -> None:
        (self.folder / f"{command}.error").write_text(words)

    def works_again(self, command: str) -> None:
        (self.folder / f"{command}.error").unlink()

    def empties_queue(self) -> None:
        """From now on scancel ends every job."""
        (self.folder / "empties").touch()

    @property
    def asked(self) -> list[str]:
        path = self.folder / "asked"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def scripts(self) -> str:
        """What sbatch was given, all of it."""
        return (self.folder / "scripts").read_text()
