"""Where each run of a sweep stands: from the records, the locks and Slurm's queue."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fwexp.config.identity import workload_key
from fwexp.config.load import from_plain
from fwexp.errors import SlurmError
from fwexp.launch.slurm.queue import QueuedTask, queued_tasks, reasons
from fwexp.launch.slurm.submission import RUN, Submission, cancel_file, id_file, read_submissions
from fwexp.processes.locks import is_held
from fwexp.store.manifest import Manifest
from fwexp.store.record import RunRecord
from fwexp.store.store import Store

STATES = ("done", "running", "queued", "waiting", "lost", "failed", "void")
LATELY_H = 1.0  # runs an hour are those of the last hour


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A run that did not end well: the first line of why, and the log that tells the rest."""

    run_id: str
    state: str  # failed | lost
    words: str
    log: Path


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Of a sweep's runs, the state of each.

    done, failed: it has a record. running: a process has it. queued: Slurm has its job. lost: its
    job is gone and left no record. void: its certificate failed. waiting: none of these.
    """

    manifest: Manifest
    states: dict[str, str]  # by run id
    problems: list[Problem]
    jobs: list[QueuedTask]  # that Slurm has, those that make certificates, too
    runs_per_hour: float | None
    warning: str  # what could not be asked

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(self.states.values())
        return {state: found[state] for state in STATES if found[state]}

    @property
    def num_under_way(self) -> int:
        return sum(state in ("running", "queued") for state in self.states.values())

    @property
    def remaining_h(self) -> float | None:
        """Until what is under way is done, at the rate of late."""
        return self.num_under_way / self.runs_per_hour if self.runs_per_hour else None


@dataclass(frozen=True, kw_only=True)
class _Task:
    """The task that a run was last submitted in."""

    submission: Submission
    job_name: str
    index: int
    redo: str | None
    id_file: Path  # Slurm's id of its array, once Slurm has taken it
    is_cancelled: bool
    queued: QueuedTask | None  # None: Slurm has it no more


def stand(store: Store, name: str) -> Standing:
    """Where the sweep's runs stand now; StoreError when no such sweep is in the store."""
    manifest = store.read_manifest(name)
    submissions = read_submissions(store, name)
    warning, queue = "", list[QueuedTask]()
    try:
        queue = queued_tasks(submissions)  # before the records: a job that ends between has both
    except SlurmError as error:
        warning = f"{error}; what its queue holds is not told here"
    tasks = _last_tasks(store, submissions, queue)
    records, _ = store.read_records(manifest.machine_class, manifest.runs)
    void = _void_runs(manifest, store)

    def state(run_id: str) -> str:
        record, task = records.get(run_id), tasks.get(run_id)
        in_queue = task is not None and task.queued is not None
        is_old = task is not None and record is not None and record.finished_at == task.redo
        if record is not None and not (is_old and in_queue):
            return record.status
        if is_held(store.run_folder(manifest.machine_class, run_id) / "lock"):
            return "running"
        if in_queue:
            return "queued"
        if run_id in void:
            return "void"
        was_taken = task is not None and task.id_file.exists() and not task.is_cancelled
        return "lost" if was_taken and not warning else "waiting"

    states = {run_id: state(run_id) for run_id in manifest.runs}
    return Standing(
        manifest=manifest,
        states=states,
        problems=[*_failures(store, records), *_losses(states, tasks)],
        jobs=queue,
        runs_per_hour=_runs_per_hour(records.values()),
        warning=warning,
    )


def _last_tasks(
    store: Store, submissions: list[Submission], queue: list[QueuedTask]
) -> dict[str, _Task]:
    queued = {(task.job_name, task.index): task for task in queue}
    cancelled = {s.key for s in submissions if cancel_file(store, s.sweep, s.key).exists()}
    return {
        run_id: _Task(
            submission=submission,
            job_name=array.job_name,
            index=index,
            redo=redo,
            id_file=id_file(store, submission.sweep, submission.key, array.job_name),
            is_cancelled=submission.key in cancelled,
            queued=queued.get((array.job_name, index)),
        )
        for submission in submissions  # a later one takes the place of one before
        for array in submission.arrays
        if array.does == RUN
        for index, pack in enumerate(array.packs)
        for run_id, redo in pack.items()
    }


def _void_runs(manifest: Manifest, store: Store) -> set[str]:
    keys = dict(zip(manifest.targets, manifest.certificates, strict=False))  # workload -> its key
    failed = {c.key for c in store.read_certificates(manifest.certificates) if not c.passed}
    if not failed:
        return set()
    workloads = {run_id: workload_key(from_plain(c)) for run_id, c in manifest.runs.items()}
    return {run_id for run_id, workload in workloads.items() if keys.get(workload) in failed}


def _failures(store: Store, records: dict[str, RunRecord]) -> Iterator[Problem]:
    for run_id, record in records.items():
        if record.failure is not None:
            words = f"{record.failure.kind}: {record.failure.message}".splitlines()[0]
            log = store.run_folder(record.machine_class, run_id) / "log.txt"
            yield Problem(run_id=run_id, state="failed", words=words, log=log)


def _losses(states: dict[str, str], tasks: dict[str, _Task]) -> Iterator[Problem]:
    lost = {run_id: tasks[run_id] for run_id, state in states.items() if state == "lost"}
    arrays = {
        array.job_name: array
        for task in lost.values()
        for array in task.submission.arrays
        if array.job_name == task.job_name
    }
    ended = reasons(arrays.values())
    for run_id, task in lost.items():
        log = _log_of(task)
        words = ended.get((task.job_name, task.index), "its job is gone")
        told = _telling_line(log, run_id)
        yield Problem(
            run_id=run_id, state="lost", words=f"{words}: {told}" if told else words, log=log
        )


def _log_of(task: _Task) -> Path:
    """The job's log, or the folder where it would lie if the job ever began."""
    folder, job_id = task.id_file.parent, task.id_file.read_text()
    logs = [folder / f"{job_id}_{task.index}_0_log.out", folder / f"{job_id}_0_log.out"]
    return next((log for log in logs if log.is_file()), folder)


def _telling_line(log: Path, run_id: str) -> str:
    """What a job's log says of the run's end, or else last of itself; srun only repeats it."""
    if not log.is_file():
        return ""
    lines = log.read_text(errors="replace").strip().splitlines()
    of_run = [line.partition(f"{run_id}: ")[2] for line in lines if f"] {run_id}: " in line]
    others = [line.strip() for line in lines if not line.startswith("srun: ")]
    return next(reversed(of_run or others or lines), "")


def _runs_per_hour(records: Iterable[RunRecord]) -> float | None:
    """Over the last hour, or since the first of its runs began; None where none has ended."""
    now = datetime.now(UTC)
    since = now - timedelta(hours=LATELY_H)
    lately = [r for r in records if datetime.fromisoformat(r.finished_at) >= since]
    if not lately:
        return None
    first = max(since, min(datetime.fromisoformat(r.started_at) for r in lately))
    return len(lately) / max((now - first).total_seconds() / 3600, 1 / 3600)
