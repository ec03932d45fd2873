"""The small sweep on the one-machine cluster: typed, its jobs found, its results told."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.cluster.one_machine import Cluster
from tests.cluster.typed import ON_CLUSTER, Shell
from tests.proc import children, command_of, parent_of, variables_of, with_variables
from tests.prove.small_sweep import Ended, SmallSweep, wait_for

TYPED = ("sweep", "small", *ON_CLUSTER)
ENDED = re.compile(r"^\[\d+/\d+\] (\S+): .*accuracy", re.MULTILINE)


class Reference:
    """A sweep by the local launcher, undisturbed."""

    def __init__(self, folder: Path, text: str) -> None:
        self.text = text
        self.files = SmallSweep(folder)
        (folder / "sweeps" / "small.yaml").write_text(text)
        ended = self.files.type()
        assert ended.code == 0, ended.err
        self.results = self.files.results()


class ClusterSweep:
    """The same sweep on a cluster, in a folder of its own."""

    def __init__(self, folder: Path, cluster: Cluster, reference: Reference) -> None:
        self.folder = folder
        self.cluster = cluster
        self.reference = reference
        self.files = SmallSweep(folder)
        (folder / "sweeps" / "small.yaml").write_text(reference.text)
        store = Path("store", "certificates")
        if (reference.files.folder / store).exists():  # they take as long as the runs
            shutil.copytree(reference.files.folder / store, folder / store)

    def start(self, *words: str, path: str = "") -> subprocess.Popen[str]:
        """Type the command; `path` comes before PATH."""
        variables = {"PATH": os.pathsep.join(filter(None, [path, os.environ["PATH"]]))}
        shell = Shell(folder=self.folder, cluster=self.cluster, variables=variables)
        return shell.start(*TYPED, *words)

    def status(self) -> list[str]:
        """What `fwexp status` says of the sweep, line by line."""
        shell = Shell(folder=self.folder, cluster=self.cluster)
        done = shell.type("status", "small")
        return (done.stdout + done.stderr).splitlines()

    def done(self) -> dict[str, int]:
        """When the record of each run that is done was written, by run id."""
        done = [i for i, plain in self._records().items() if plain["status"] == "done"]
        written = self.files.times()  # asked later: a record may come between
        return {i: written[i] for i in done}

    def num_interruptions(self) -> int:
        """How often a run went on from its saved state."""
        return sum(len(plain["interruptions"]) for plain in self._records().values())

    def _records(self) -> dict[str, Any]:
        return Shell(folder=self.folder, cluster=self.cluster).records()

    def num_repeated(self) -> int:
        """How many of the runs came to their end in more than one job."""
        logs = self.folder.glob("store/sweeps/small/jobs/*/*_log.out")
        texts = (log.read_text(errors="replace") for log in logs)
        ends = Counter(run_id for text in texts for run_id in ENDED.findall(text))
        return sum(number > 1 for number in ends.values())


def end(driver: subprocess.Popen[str]) -> Ended:
    """Wait until the command is over."""
    out, err = wait_for(driver, timeout_s=900)
    return Ended(code=driver.returncode, out=out, err=err)


def jobs(cluster: Cluster) -> list[int]:
    """The Python processes that all jobs run."""
    python = os.fsencode(sys.executable)
    commands = {pid: command_of(pid) for pid in job_processes(cluster)}
    return [
        pid
        for pid, command in commands.items()
        if command.startswith(python) and b"submitit.core._submit" in command
    ]


def servers(cluster: Cluster) -> list[int]:
    """The warm servers of all jobs."""
    found = [child for job in jobs(cluster) for child in children(job)]
    return [pid for pid in found if b"fwexp.processes.server" in command_of(pid)]


def runs(cluster: Cluster) -> list[int]:
    """What the warm servers have forked."""
    return [run for server in servers(cluster) for run in children(server)]


def job_processes(cluster: Cluster, *, node: str = "") -> list[int]:
    """What jobs have started, on all nodes or on one."""
    wanted = [cluster.mark, *([f"SLURMD_NODENAME={node}"] if node else [])]
    return [pid for pid in with_variables(*wanted) if _is_a_jobs(pid)]


def step_daemons(pids: list[int]) -> list[int]:
    """Slurm's own processes that look after these."""
    parents = {parent for pid in pids if (parent := parent_of(pid)) is not None}
    return [pid for pid in parents if command_of(pid).startswith(b"slurmstepd")]


def _is_a_jobs(pid: int) -> bool:
    return any(variable.startswith(b"SLURM_JOB_ID=") for variable in variables_of(pid))
