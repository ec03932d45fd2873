"""The state of each run of a sweep: from the records, the locks and the launchers' queues."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fwexp.launch.launcher import Assignment, Launcher, Outcome, Queue, QueuedJob, all_launchers
from fwexp.processes.locks import is_held
from fwexp.store.manifest import Manifest
from fwexp.store.record import RunRecord
from fwexp.store.store import Store

STATES = ("done", "running", "queued", "waiting", "lost", "failed", "void")
RATE_WINDOW_H = 1.0  # runs per hour are counted over the last hour


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A run that failed or was lost: the first line of why, and the log with the rest."""

    run_id: str
    state: str  # failed | lost
    reason: str
    log: Path


@dataclass(frozen=True, kw_only=True)
class SweepStatus:
    """The state of each of a sweep's runs.

    done, failed: it has a record. running: a process holds its lock. queued: a launcher has it.
    lost: its job is gone and left no record. void: its certificate failed. waiting: none of these.
    """

    manifest: Manifest
    states: dict[str, str]  # by run id
    problems: list[Problem]
    jobs: list[QueuedJob]  # including those that make certificates
    runs_per_hour: float | None
    warning: str  # which launcher does not answer now
    complaints: list[str]  # one per unreadable file

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(self.states.values())
        return {state: found[state] for state in STATES if found[state]}

    @property
    def num_active(self) -> int:
        """Running and queued."""
        return sum(state in ("running", "queued") for state in self.states.values())

    @property
    def remaining_h(self) -> float | None:
        """Hours until the active runs finish, at the present rate."""
        return self.num_active / self.runs_per_hour if self.runs_per_hour else None

    def outcome(self) -> Outcome:
        """How its runs ended."""
        outcome = Outcome()
        ended = {"done": outcome.done, "failed": outcome.failed, "void": outcome.void}
        for run_id, state in self.states.items():
            ended.get(state, outcome.interrupted).append(run_id)
        return outcome


def sweep_status(store: Store, name: str) -> SweepStatus:
    """The present state of the sweep's runs; StoreError if the sweep is not in the store."""
    manifest = store.read_manifest(name)
    # before the records: a job that ends in between has both
    queues = [(launcher, launcher.queue(store, name)) for launcher in all_launchers()]
    assignments = {k: v for _, queue in queues for k, v in queue.assignments.items()}
    records, unreadable = store.read_records(manifest.machine_class, manifest.runs)
    void, torn = _void_runs(manifest, store)
    warning = "; ".join(queue.warning for _, queue in queues if queue.warning)
    unread = [complaint for _, queue in queues for complaint in queue.complaints]

    def state(run_id: str) -> str:
        record, assignment = records.get(run_id), assignments.get(run_id, NOT_ASSIGNED)
        is_replaced = record is not None and record.finished_at == assignment.replaces
        if record is not None and not (is_replaced and assignment.is_queued):
            return record.status
        if is_held(store.run(manifest.machine_class, run_id).lock):
            return "running"
        if assignment.is_queued:
            return "queued"
        if run_id in void:
            return "void"
        return "lost" if assignment.was_accepted and not warning else "waiting"

    states = {run_id: state(run_id) for run_id in manifest.runs}
    lost = [run_id for run_id, found in states.items() if found == "lost"]
    return SweepStatus(
        manifest=manifest,
        states=states,
        problems=[*_failures(store, records), *_losses(store, name, lost, queues)],
        jobs=[job for _, queue in queues for job in queue.jobs],
        runs_per_hour=_runs_per_hour(records.values()),
        warning=warning,
        complaints=[*unread, *unreadable, *torn],
    )


NOT_ASSIGNED = Assignment(is_queued=False, was_accepted=False)


def _void_runs(manifest: Manifest, store: Store) -> tuple[set[str], list[str]]:
    certificates, complaints = store.read_certificates(manifest.certificates)
    failed = {key for key, certificate in certificates.items() if not certificate.passed}
    void = {k for k, workload in manifest.workloads.items() if workload.certificate in failed}
    return {run_id for run_id, run in manifest.runs.items() if run.workload in void}, complaints


def _failures(store: Store, records: dict[str, RunRecord]) -> Iterator[Problem]:
    for run_id, record in records.items():
        if record.failure is not None:
            reason = record.failure.first_line()
            log = store.run(record.machine_class, run_id).log
            yield Problem(run_id=run_id, state="failed", reason=reason, log=log)


def _losses(
    store: Store, name: str, lost: list[str], queues: list[tuple[Launcher, Queue]]
) -> Iterator[Problem]:
    for launcher, queue in queues:
        own = [run_id for run_id in lost if run_id in queue.assignments]
        if own:
            for run_id, found in launcher.lost(store, name, own).items():
                yield Problem(run_id=run_id, state="lost", reason=found.reason, log=found.log)


def _runs_per_hour(records: Iterable[RunRecord]) -> float | None:
    """Over the last hour, or since the first run in it started; None if none has finished."""
    now = datetime.now(UTC)
    since = now - timedelta(hours=RATE_WINDOW_H)
    recent = [r for r in records if datetime.fromisoformat(r.finished_at) >= since]
    if not recent:
        return None
    first = max(since, min(datetime.fromisoformat(r.started_at) for r in recent))
    return len(recent) / max((now - first).total_seconds() / 3600, 1 / 3600)
