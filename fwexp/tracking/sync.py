"""Upload of a store's copies to the W&B service: each once, whole, and counted there."""

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from fwexp.errors import StoreError
from fwexp.tracking.copies import DIGEST, copy_of
from fwexp.tracking.ledger import Ledger, open_ledger
from fwexp.tracking.marker import Marker, is_current, read_marker
from fwexp.tracking.offline import write_copy
from fwexp.tracking.service import Service, ServiceError
from fwexp.tracking.upload import alone, upload

ROUNDS = 3  # a connection that broke is tried again
STALL_S = 300.0  # without a run that came through
LOOK_S = 2.0  # between two looks at the service's counts
STILL_S = 6.0  # an upload that was broken off may have rows on their way
COUNT_S = 30.0  # for the service to count what an upload that came to its end has sent
ENDED = ("finished", "failed")
Say = Callable[[str], None]


@dataclass(kw_only=True)
class SyncResult:
    """What became of each folder."""

    uploaded: list[Path] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)  # there already, by the ledger
    failed: dict[Path, str] = field(default_factory=dict)  # why


@dataclass(frozen=True, kw_only=True)
class _Lack:
    """What the service still lacks of a copy."""

    num_there: int  # rows
    reason: str
    is_begun: bool = True  # the service knows the run: rows of it may be on their way
    sendable: bool = True


@dataclass(kw_only=True)
class _Sync:
    store: Path
    service: Service
    ledger: Ledger
    stall_s: float
    say: Say
    log: IO[bytes]
    result: SyncResult = field(default_factory=SyncResult)


def sync_folders(
    folders: Sequence[Path],
    *,
    store: Path,
    service: Service,
    say: Say,
    stall_s: float = STALL_S,
) -> SyncResult:
    """Upload the copies of run and sweep folders that the service does not have yet.

    May be interrupted anywhere, and called again: what the service has of a run is asked before
    anything is sent, and only the rest of its rows is.
    """
    ledger = open_ledger(store, service=service)
    log = store / "wandb" / "sync.log"
    with alone(log, on_wait=lambda: say("another upload is under way; waiting for it")) as file:
        sync = _Sync(
            store=store, service=service, ledger=ledger, stall_s=stall_s, say=say, log=file
        )
        todo = _todo(folders, sync)
        sweeps = {f: m for f, m in todo.items() if (f / "manifest.json").is_file()}
        runs = {f: m for f, m in todo.items() if f not in sweeps}
        # a sweep's own run names its runs: it goes last
        if _upload_all(runs, sync):
            _upload_all(sweeps, sync)
        else:
            reason = "was not tried, as the service took none of the runs"
            sync.result.failed |= dict.fromkeys(sweeps, reason)
    return sync.result


def _todo(folders: Sequence[Path], sync: _Sync) -> dict[Path, Marker]:
    """What is not known to be there: by the ledger, or since it was deleted there."""
    markers: dict[Path, Marker] = {}
    noted: dict[Path, Marker] = {}
    for folder in folders:
        marker = read_marker(folder)
        if marker is None or not is_current(folder, marker):
            sync.result.failed[folder] = "has no W&B copy of what it holds now"
        else:
            (noted if sync.ledger.has(marker) else markers)[folder] = marker
    there = sync.service.find((m.wandb_id for m in noted.values()), lazy=True)
    for folder, marker in noted.items():
        if marker.wandb_id in there:
            sync.result.skipped.append(folder)
        else:
            markers[folder] = marker
    return markers


def _upload_all(todo: dict[Path, Marker], sync: _Sync) -> bool:
    """Send what is lacking, in a few rounds; what the service lacks in the end has failed.

    False where something was sent and nothing of it came through.
    """
    ended: set[Path] = set()  # their uploads came to an end: rows are not sent twice
    lacks = _settle(todo, ended, sync)
    num_before, has_sent = len(sync.result.uploaded), False
    for number in range(ROUNDS):
        sends = {f: lack for f, lack in lacks.items() if lack.sendable and f not in ended}
        sent = {f: copy for f in sends if (copy := _to_send(f, todo[f], sends[f], sync, number))}
        if not sent:
            break
        has_sent = True
        moved = _upload(sent, todo, sync)
        ended |= {folder for folder, copy in sent.items() if any(copy.glob("*.wandb.synced"))}
        lacks = _settle(todo, ended, sync)
        shutil.rmtree(_scratch(sync), ignore_errors=True)
        if not moved:
            sync.say(f"the service took nothing for {sync.stall_s:g} s; no further try is made")
            break
    for folder, lack in lacks.items():
        sync.result.failed.setdefault(folder, lack.reason)  # or why it could not be sent
    return len(sync.result.uploaded) > num_before or not has_sent


def _upload(copies: dict[Path, Path], todo: dict[Path, Marker], sync: _Sync) -> bool:
    """False where the service took nothing for too long."""
    ids = [todo[folder].wandb_id for folder in copies]
    last: dict[str, int] = {}

    def taken() -> dict[str, int]:
        """The rows that the service has; as before where it does not say."""
        with suppress(ServiceError):
            found = sync.service.find(ids, lazy=True)
            last.update({name: run.historyLineCount or 0 for name, run in found.items()})
        return dict(last)

    return upload(
        list(copies.values()),
        service=sync.service,
        log=sync.log,
        stall_s=sync.stall_s,
        tell=lambda through: sync.say(f"{through} of {len(copies)} sent"),
        taken=taken,
    )


def _settle(todo: dict[Path, Marker], ended: set[Path], sync: _Sync) -> dict[Path, _Lack]:
    """What the service lacks, once its counts of what was begun stand still."""
    lacks, moved_at = _look(todo, sync), time.monotonic()
    while begun := {f for f, lack in lacks.items() if lack.is_begun and lack.sendable}:
        if time.monotonic() - moved_at > (COUNT_S if ended & begun else STILL_S):
            break
        time.sleep(LOOK_S)
        before, lacks = lacks, _look(todo, sync)
        if lacks != before:
            moved_at = time.monotonic()
    return lacks


def _look(todo: dict[Path, Marker], sync: _Sync) -> dict[Path, _Lack]:
    """What the service lacks; what it has whole is noted in the ledger."""
    open_ = {f: m for f, m in todo.items() if f not in sync.result.uploaded}
    found = sync.service.find((m.wandb_id for m in open_.values()), lazy=True)
    ended = [name for name, run in found.items() if run.state in ENDED]
    found |= sync.service.find(ended)  # with their summaries
    lacks = {}
    for folder, marker in open_.items():
        lack = _lack(marker, found.get(marker.wandb_id))
        if lack is None:
            sync.ledger.write(marker)
            sync.result.uploaded.append(folder)
        else:
            lacks[folder] = lack
    return lacks


def _lack(marker: Marker, run: Any) -> _Lack | None:
    if run is None:
        return _Lack(num_there=0, reason="the service has nothing of it", is_begun=False)
    num, wanted = run.historyLineCount or 0, marker.num_rows
    if num > wanted:
        return _Lack(
            num_there=num,
            reason=f"the service has {num} rows of {wanted}: something else sent it again; delete "
            "the run there",
            sendable=False,
        )
    if num < wanted:
        return _Lack(num_there=num, reason=f"the service has {num} of {wanted} rows")
    if run.state not in ENDED or run.summary.get(DIGEST) != marker.source_sha256:
        return _Lack(num_there=num, reason="the service has all rows, but not the end")
    return None


def _to_send(folder: Path, marker: Marker, lack: _Lack, sync: _Sync, number: int) -> Path | None:
    """The copy that the mirror left, or a new one of the rows that are lacking; None where the run
    has become another, or is being done again."""
    left = folder / marker.folder
    if number == 0 and not lack.num_there and left.is_dir():
        return left
    into = _scratch(sync) / marker.wandb_id
    into.mkdir(parents=True, exist_ok=True)
    try:
        copy = copy_of(folder)
    except (StoreError, OSError) as error:
        sync.result.failed[folder] = str(error)
        return None
    if copy.source_sha256 != marker.source_sha256:
        sync.result.failed[folder] = "was done again meanwhile"
        return None
    return write_copy(
        into,
        copy=copy,
        project=marker.project,
        group=marker.group,
        first_row=lack.num_there,
    )


def _scratch(sync: _Sync) -> Path:
    return sync.store / "wandb" / "rest"
