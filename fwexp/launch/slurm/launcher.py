"""The Slurm launcher: it submits job arrays, and returns once Slurm has them."""

import os
from pathlib import Path

from fwexp.config.schema import Config
from fwexp.errors import ClusterError, DeviceError, StoreError
from fwexp.launch.launcher import Assignment, Lost, Missing, Outcome, Queue, QueuedJob
from fwexp.launch.plan import Plan
from fwexp.launch.slurm.job_log import why_lost
from fwexp.launch.slurm.node import node_variables
from fwexp.launch.slurm.queue import (
    QueuedTask,
    cancel_jobs,
    queued_tasks,
    reasons,
    require_slurm,
)
from fwexp.launch.slurm.site import cores_of_job, read_site, resources_for
from fwexp.launch.slurm.submission import (
    RUN,
    Array,
    Submission,
    cancel_file,
    id_file,
    read_submissions,
)
from fwexp.launch.sweep_status import sweep_status
from fwexp.meters import probe
from fwexp.store.store import Store

Task = tuple[Submission, Array, int]  # the index is that of its pack


class SlurmLauncher:
    """What it has submitted is in the sweep's folder, so that any process can look."""

    def check(self, config: Config) -> None:  # noqa: ARG002
        require_slurm()

    def node_variables(self) -> dict[str, str]:
        return node_variables(os.environ)

    def num_cores(self, config: Config) -> int:
        return cores_of_job(config)

    def machine_class(self, config: Config) -> str:
        """The site profile's, or this machine's if that has none."""
        resources = resources_for(config, read_site(config.launcher.site))
        if resources.machine_class:
            return resources.machine_class
        try:
            return probe.machine_class(config)
        except DeviceError as error:
            name = config.hardware.name
            raise DeviceError(
                f"slurm/{config.launcher.site}.yaml: hardware.{name} has no machine_class, and it "
                f"cannot be taken from this machine: {error} Set the nodes' class there; a job "
                "on a node of another class runs nothing and names that class."
            ) from error

    def start(self, plan: Plan, store: Store, missing: Missing, *, compare: bool) -> Outcome | None:
        from fwexp.launch.slurm.submit import submit_and_tell  # imports submitit

        num_queued = submit_and_tell(plan, store, missing, compare=compare)
        return None if num_queued else sweep_status(store, plan.name).outcome()

    def queue(self, store: Store, sweep: str) -> Queue:
        submissions, complaints = read_submissions(store, sweep)
        warning, tasks = "", list[QueuedTask]()
        try:
            tasks = queued_tasks(submissions)
        except ClusterError as error:
            warning = f"{error}; the state of its queue is unknown"
        queued = {(task.job_name, task.index): task for task in tasks}
        return Queue(
            jobs=[QueuedJob(is_running=t.is_running, reason=t.reason) for t in tasks],
            assignments={
                run_id: _assignment(store, task, queued, replaces)
                for task, run_id, replaces in _runs(submissions)
            },
            warning=warning,
            complaints=complaints,
        )

    def lost(self, store: Store, sweep: str, run_ids: list[str]) -> dict[str, Lost]:
        submissions, _ = read_submissions(store, sweep)
        last = {run_id: task for task, run_id, _ in _runs(submissions)}
        tasks = {run_id: last[run_id] for run_id in run_ids if run_id in last}
        ended = reasons({array.job_name: array for _, array, _ in tasks.values()}.values())
        found = {}
        for run_id, (submission, array, index) in tasks.items():
            log = _log_of(id_file(store, sweep, submission.key, array.job_name), index)
            reason = ended.get((array.job_name, index), "its job is gone")
            line = why_lost(log, run_id)
            found[run_id] = Lost(reason=f"{reason}{line}", log=log)
        return found

    def cancel(self, store: Store, sweep: str) -> int:
        submissions, complaints = read_submissions(store, sweep)
        tasks = queued_tasks(submissions)
        names = {task.job_name for task in tasks}
        for submission in submissions:
            if any(array.job_name in names for array in submission.arrays):
                cancel_file(store, sweep, submission.key).touch()
        if tasks:
            cancel_jobs(task.job_id.partition("_")[0] for task in tasks)
        if complaints:  # their jobs are unknown, and may still run
            raise StoreError(complaints[0])
        return len(tasks)


def _runs(submissions: list[Submission]) -> list[tuple[Task, str, str | None]]:
    """Each submitted run with its task and the failed record it replaces, oldest first."""
    return [
        ((submission, array, index), run_id, replaces)
        for submission in submissions
        for array in submission.arrays
        if array.does == RUN
        for index, pack in enumerate(array.packs)
        for run_id, replaces in pack.items()
    ]


def _assignment(
    store: Store, task: Task, queued: dict[tuple[str, int], QueuedTask], replaces: str | None
) -> Assignment:
    submission, array, index = task
    is_taken = id_file(store, submission.sweep, submission.key, array.job_name).exists()
    is_cancelled = cancel_file(store, submission.sweep, submission.key).exists()
    return Assignment(
        is_queued=(array.job_name, index) in queued,
        was_accepted=is_taken and not is_cancelled,
        replaces=replaces,
    )


def _log_of(id_file: Path, index: int) -> Path:
    """The job's log, or the folder it would be in if the job had started."""
    folder, job_id = id_file.parent, id_file.read_text()
    logs = [folder / f"{job_id}_{index}_0_log.out", folder / f"{job_id}_0_log.out"]
    return next((log for log in logs if log.is_file()), folder)
