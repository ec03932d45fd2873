"""What Slurm's queue says about our jobs, and why a job left it."""

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from fwexp.errors import ClusterError
from fwexp.launch.slurm.submission import Array, Submission

TIMEOUT_S = 60
RUNNING = ("RUNNING", "COMPLETING", "STAGE_OUT", "SIGNALING", "STOPPED", "SUSPENDED", "RESIZING")


@dataclass(frozen=True, kw_only=True)
class QueuedTask:
    """A task of one of our arrays that Slurm still has."""

    job_id: str  # 123_4, or 123 of an array of one
    job_name: str
    index: int  # of its pack
    state: str  # PENDING, RUNNING, REQUEUED…
    node: str
    reason: str

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING


def require_slurm() -> None:
    """Raise ClusterError if there are no Slurm commands."""
    if shutil.which("sbatch") is None or shutil.which("squeue") is None:
        raise ClusterError(
            "launcher=slurm: there is no sbatch on this machine; type it on the cluster's login "
            "node, try `slurm/cluster up` for a cluster on this machine, or choose launcher=local."
        )


def queued_tasks(submissions: Iterable[Submission]) -> list[QueuedTask]:
    """The tasks of these submissions that Slurm still has; ClusterError when it does not answer."""
    names = {array.job_name for submission in submissions for array in submission.arrays}
    if not names:
        return []
    # of any user, in any partition, hidden ones included
    told = _ask(["squeue", "-h", "-r", "-a", "-n", ",".join(sorted(names)), "-o", "%i|%j|%T|%N|%r"])
    tasks = [_task(*line.split("|", 4)) for line in told.splitlines()]
    return [task for task in tasks if task.job_name in names]


def reasons(arrays: Iterable[Array]) -> dict[tuple[str, int], str]:
    """By array and task, how the task ended; empty if the site keeps no accounts."""
    names = ",".join(array.job_name for array in arrays)
    command = ["sacct", "-n", "-X", "-P", "-S", "now-30days", "--name", names]
    command += ["-o", "JobID,JobName,State,ExitCode"]
    if not names or shutil.which("sacct") is None:
        return {}
    try:
        told = _ask(command)
    except ClusterError:  # no accounting here: records and logs must do
        return {}
    found = {}
    for line in told.splitlines():
        job_id, name, state, code = line.split("|")
        if "[" not in job_id:  # a range of tasks that never started
            found[name, _index(job_id)] = f"{state} ({code})"
    return found


def cancel_jobs(job_ids: Iterable[str]) -> None:
    """Cancel these jobs, pending or running."""
    _ask(["scancel", *sorted(set(job_ids))])


def max_array_size() -> int:
    """How many tasks an array may have at this site."""
    for line in _ask(["scontrol", "show", "config"]).splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "MaxArraySize":
            return int(value)
    raise ClusterError("scontrol shows no MaxArraySize; set max_array_size in the site's profile")


def _ask(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClusterError(f"{command[0]} does not answer ({error}); try again later") from error
    if done.returncode != 0:
        words = " ".join(done.stderr.split())[:300] or f"exit code {done.returncode}"
        raise ClusterError(f"{command[0]}: {words}; try again later")
    return done.stdout


def _task(job_id: str, job_name: str, state: str, node: str, reason: str) -> QueuedTask:
    return QueuedTask(
        job_id=job_id,
        job_name=job_name,
        index=_index(job_id),
        state=state,
        node=node,
        reason=reason,
    )


def _index(job_id: str) -> int:
    """4 of 123_4; an array of one is a plain job, and its pack the first."""
    return int(job_id.partition("_")[2] or 0)
