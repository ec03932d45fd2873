"""Commands of fwexp's, typed where a cluster is up."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.one_machine import Cluster
from tests.tiny import ROOT, session_variables

ON_CLUSTER = ("launcher=slurm", "launcher.site=one_machine")
TIMEOUT_S = 600


@dataclass(frozen=True, kw_only=True)
class Shell:
    """A folder that commands are typed in; sweeps have their store there."""

    folder: Path
    cluster: Cluster
    variables: dict[str, str] = field(default_factory=dict)  # over those of the tests' session

    @property
    def environment(self) -> dict[str, str]:
        own = {"PYTHONPATH": str(ROOT), **session_variables(), **self.variables}
        return {**self.cluster.environment, **own}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Type `fwexp` and these words."""
        return subprocess.Popen(
            [sys.executable, "-m", "fwexp", *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def type(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Type `fwexp` and these words, and wait for its end."""
        process = self.start(*words)
        out, err = process.communicate(timeout=TIMEOUT_S)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def records(self, store: str = "store") -> dict[str, dict[str, Any]]:
        """Each run's record in a store, by run id."""
        files = sorted(self.folder.glob(f"{store}/runs/*/*/record.json"))
        return {path.parent.name: json.loads(path.read_text()) for path in files}

    def write_sweep(self, name: str, text: str) -> None:
        path = self.folder / "sweeps" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# fwexp sweep {name}\n{text}")


def ended_jobs(cluster: Cluster, name: str) -> list[dict[str, str]]:
    """What Slurm keeps of each job whose name begins so, once all jobs have ended."""
    cluster.wait_empty()  # a job ends a moment after its last record
    lines = (cluster.folder / "log" / "jobcomp.txt").read_text().splitlines()
    jobs = (dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines)
    return [job for job in jobs if job["Name"].startswith(name)]
