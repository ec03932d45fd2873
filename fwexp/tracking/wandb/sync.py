"""Uploads a store's offline runs to the W&B service: each once, whole, and counted there."""

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from fwexp.errors import StoreError
from fwexp.tracking.wandb.content import DIGEST, wandb_run
from fwexp.tracking.wandb.offline import write_rows
from fwexp.tracking.wandb.service import ENDED, Service, ServiceError
from fwexp.tracking.wandb.sync_state import (
    OfflineRun,
    Receipts,
    current_offline_run,
    is_sweep,
    receipts_of,
)
from fwexp.tracking.wandb.upload import Progress, is_sent, upload, upload_lock

ATTEMPTS = 3  # a broken connection is tried again
STALL_S = 300.0  # without progress
CHECK_S = 2.0  # between two checks of the service's counts
IN_FLIGHT_S = 6.0  # an interrupted upload may still have rows on their way
COUNT_S = 30.0  # for the service to count what a completed upload has sent
Say = Callable[[str], None]


@dataclass(kw_only=True)
class SyncResult:
    """What became of each folder."""

    uploaded: list[Path] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)  # uploaded before, by the receipts
    failed: dict[Path, str] = field(default_factory=dict)  # why


@dataclass(frozen=True, kw_only=True)
class _Missing:
    """What the service is still missing of a run."""

    num_uploaded: int  # rows
    reason: str
    is_started: bool = True  # the service knows the run: more rows may be on their way
    is_sendable: bool = True


@dataclass(kw_only=True)
class _Sync:
    store: Path
    service: Service
    receipts: Receipts
    stall_s: float
    say: Say
    log: IO[bytes]
    result: SyncResult = field(default_factory=SyncResult)

    @property
    def scratch(self) -> Path:
        """Where offline runs of missing rows are written."""
        return self.store / "wandb" / "missing_rows"


def sync_folders(
    folders: Sequence[Path],
    *,
    store: Path,
    service: Service,
    say: Say,
    stall_s: float = STALL_S,
) -> SyncResult:
    """Upload the run and sweep folders' offline runs that the service does not have yet.

    May be interrupted anywhere and called again: the service is asked first what it has of a run,
    and only the missing rows are sent.
    """
    receipts = receipts_of(store, service=service)
    log = store / "wandb" / "sync.log"
    with upload_lock(log, on_wait=lambda: say("waiting for another upload to finish")) as file:
        sync = _Sync(
            store=store, service=service, receipts=receipts, stall_s=stall_s, say=say, log=file
        )
        todo = _todo(folders, sync)
        sweeps = {f: offline for f, offline in todo.items() if is_sweep(f)}
        runs = {f: offline for f, offline in todo.items() if f not in sweeps}
        # a sweep's own W&B run names its runs: it goes last
        if _upload_all(runs, sync):
            _upload_all(sweeps, sync)
        else:
            reason = "was not tried, as the service accepted none of the runs"
            sync.result.failed |= dict.fromkeys(sweeps, reason)
    return sync.result


def _todo(folders: Sequence[Path], sync: _Sync) -> dict[Path, OfflineRun]:
    """What is not known to be uploaded: without a receipt, or deleted from the service since."""
    todo: dict[Path, OfflineRun] = {}
    receipted: dict[Path, OfflineRun] = {}
    for folder in folders:
        offline = current_offline_run(folder)
        if offline is None:
            sync.result.failed[folder] = "has no offline run of its current content"
        else:
            (receipted if sync.receipts.has(offline) else todo)[folder] = offline
    found = sync.service.find((o.wandb_id for o in receipted.values()), lazy=True)
    for folder, offline in receipted.items():
        if offline.wandb_id in found:
            sync.result.skipped.append(folder)
        else:
            todo[folder] = offline
    return todo


def _upload_all(todo: dict[Path, OfflineRun], sync: _Sync) -> bool:
    """Send what is missing, in a few attempts; what is missing in the end has failed.

    False if something was sent and none of it arrived.
    """
    completed: set[Path] = set()  # uploads that ended normally: their rows are not sent twice
    missing = _wait_for_counts(todo, completed, sync)
    num_before, has_sent = len(sync.result.uploaded), False
    for attempt in range(ATTEMPTS):
        sends = {f: m for f, m in missing.items() if m.is_sendable and f not in completed}
        sent = {f: run for f in sends if (run := _to_send(f, todo[f], sends[f], sync, attempt))}
        if not sent:
            break
        has_sent = True
        moved = _upload(sent, todo, sync)
        completed |= {folder for folder, run in sent.items() if is_sent(run)}
        missing = _wait_for_counts(todo, completed, sync)
        shutil.rmtree(sync.scratch, ignore_errors=True)
        if not moved:
            sync.say(f"the service accepted nothing for {sync.stall_s:g} s; giving up")
            break
    for folder, still in missing.items():
        sync.result.failed.setdefault(folder, still.reason)  # or why it could not be sent
    return len(sync.result.uploaded) > num_before or not has_sent


def _upload(runs: dict[Path, Path], todo: dict[Path, OfflineRun], sync: _Sync) -> bool:
    """False if the service accepted nothing for too long."""
    ids = [todo[folder].wandb_id for folder in runs]
    last: dict[str, int] = {}

    def received() -> dict[str, int]:
        """The service's row counts; the last ones known while it does not answer."""
        with suppress(ServiceError):
            found = sync.service.find(ids, lazy=True)
            last.update({name: run.historyLineCount or 0 for name, run in found.items()})
        return dict(last)

    progress = Progress(
        stall_s=sync.stall_s,
        on_sent=lambda num: sync.say(f"{num} of {len(runs)} sent"),
        received=received,
    )
    return upload(list(runs.values()), service=sync.service, log=sync.log, progress=progress)


def _wait_for_counts(
    todo: dict[Path, OfflineRun], completed: set[Path], sync: _Sync
) -> dict[Path, _Missing]:
    """What the service is missing, once its counts of started runs no longer change."""
    missing, moved_at = _check(todo, sync), time.monotonic()
    while started := {f for f, m in missing.items() if m.is_started and m.is_sendable}:
        if time.monotonic() - moved_at > (COUNT_S if completed & started else IN_FLIGHT_S):
            break
        time.sleep(CHECK_S)
        before, missing = missing, _check(todo, sync)
        if missing != before:
            moved_at = time.monotonic()
    return missing


def _check(todo: dict[Path, OfflineRun], sync: _Sync) -> dict[Path, _Missing]:
    """What the service is missing; what it has in full gets its receipt."""
    remaining = {f: o for f, o in todo.items() if f not in sync.result.uploaded}
    found = sync.service.find((o.wandb_id for o in remaining.values()), lazy=True)
    ended = [name for name, run in found.items() if run.state in ENDED]
    found |= sync.service.find(ended)  # with their summaries
    missing = {}
    for folder, offline in remaining.items():
        part = _missing(offline, found.get(offline.wandb_id))
        if part is None:
            sync.receipts.write(offline)
            sync.result.uploaded.append(folder)
        else:
            missing[folder] = part
    return missing


def _missing(offline: OfflineRun, run: Any) -> _Missing | None:
    if run is None:
        return _Missing(num_uploaded=0, reason="the service has nothing of it", is_started=False)
    num, expected = run.historyLineCount or 0, offline.num_rows
    if num > expected:
        return _Missing(
            num_uploaded=num,
            reason=f"the service has {num} rows instead of {expected}: something else uploaded it "
            "too; delete the run there",
            is_sendable=False,
        )
    if num < expected:
        return _Missing(num_uploaded=num, reason=f"the service has {num} of {expected} rows")
    if run.state not in ENDED or run.summary.get(DIGEST) != offline.source_sha256:
        return _Missing(num_uploaded=num, reason="the service has all rows, but not the summary")
    return None


def _to_send(
    folder: Path, offline: OfflineRun, missing: _Missing, sync: _Sync, attempt: int
) -> Path | None:
    """The existing offline run, or a new one of the missing rows; None if the run's content has
    changed, or is changing."""
    existing = folder / offline.folder
    if attempt == 0 and not missing.num_uploaded and existing.is_dir():
        return existing
    into = sync.scratch / offline.wandb_id
    into.mkdir(parents=True, exist_ok=True)
    try:
        content = wandb_run(folder)
    except (StoreError, OSError) as error:
        sync.result.failed[folder] = str(error)
        return None
    if content.source_sha256 != offline.source_sha256:
        sync.result.failed[folder] = "was run again meanwhile"
        return None
    return write_rows(
        into,
        content=content,
        project=offline.project,
        group=offline.group,
        first_row=missing.num_uploaded,
    )
