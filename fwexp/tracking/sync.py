"""Upload of a store's copies to the W&B service: each once, whole, and counted there."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from fwexp.tracking.copies import DIGEST, copy_of
from fwexp.tracking.ledger import Ledger, open_ledger
from fwexp.tracking.marker import Marker, is_current, read_marker
from fwexp.tracking.offline import write_copy
from fwexp.tracking.service import Service
from fwexp.tracking.upload import alone, upload

ROUNDS = 3  # a connection that broke is tried again
STALL_S = 300.0  # without a run that came through
SETTLE_S = 3.0  # between two looks at counts that should be the same
COUNT_S = 60.0  # for the service to count what it has taken
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
        # a sweep's own run names its runs: it goes last
        for part in ({f: m for f, m in todo.items() if f not in sweeps}, sweeps):
            sync.result.failed |= {f: lack.reason for f, lack in _upload_all(part, sync).items()}
    return sync.result


def _todo(folders: Sequence[Path], sync: _Sync) -> dict[Path, Marker]:
    todo = {}
    for folder in folders:
        marker = read_marker(folder)
        if marker is None or not is_current(folder, marker):
            sync.result.failed[folder] = "has no W&B copy of what it holds now"
        elif sync.ledger.has(marker):
            sync.result.skipped.append(folder)
        else:
            todo[folder] = marker
    return todo


def _upload_all(todo: dict[Path, Marker], sync: _Sync) -> dict[Path, _Lack]:
    """Send what is lacking, in a few rounds; what the service lacks in the end."""
    lacks = _settle(_look(todo, sync), todo, sync)
    for number in range(ROUNDS):
        sends = {folder: lack for folder, lack in lacks.items() if lack.sendable}
        if not sends:
            break
        sent = {f: _to_send(f, todo[f], lack, sync, number) for f, lack in sends.items()}
        num = len(sent)
        moved = upload(
            list(sent.values()),
            service=sync.service,
            log=sync.log,
            stall_s=sync.stall_s,
            tell=lambda through, num=num: sync.say(f"{through} of {num} sent"),  # type: ignore[misc]
        )
        taken = {folder for folder, copy in sent.items() if any(copy.glob("*.wandb.synced"))}
        if len(taken) < len(sent):
            time.sleep(SETTLE_S)  # an upload that was ended may have rows on their way
        lacks = _count(taken, todo, sync)
        shutil.rmtree(_scratch(sync), ignore_errors=True)
        if not moved:
            sync.say(f"the service took nothing for {sync.stall_s:g} s; no further try is made")
            break
    return lacks


def _look(todo: dict[Path, Marker], sync: _Sync) -> dict[Path, _Lack]:
    """What the service lacks; what it has whole is noted in the ledger."""
    open_ = {f: m for f, m in todo.items() if f not in sync.result.uploaded}
    found = sync.service.find(marker.wandb_id for marker in open_.values())
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
            reason=f"the service has {num} rows of {wanted}: something else sent it again",
            sendable=False,
        )
    if num < wanted:
        return _Lack(num_there=num, reason=f"the service has {num} of {wanted} rows")
    if run.state not in ENDED or run.summary.get(DIGEST) != marker.source_sha256:
        return _Lack(num_there=num, reason="the service has its rows, but not its end")
    return None


def _settle(lacks: dict[Path, _Lack], todo: dict[Path, Marker], sync: _Sync) -> dict[Path, _Lack]:
    """The same once more, until the service counts what an interrupted upload left the same."""
    while any(lack.is_begun for lack in lacks.values()):
        time.sleep(SETTLE_S)
        before, lacks = lacks, _look(todo, sync)
        if lacks == before:
            break
    return lacks


def _count(taken: set[Path], todo: dict[Path, Marker], sync: _Sync) -> dict[Path, _Lack]:
    """What is lacking after an upload; rows that the client saw taken are never sent again."""
    deadline = time.monotonic() + COUNT_S
    while True:
        lacks = _look(todo, sync)
        waiting = [folder for folder in taken if folder in lacks]
        if not waiting or time.monotonic() > deadline:
            break
        time.sleep(SETTLE_S)
    late = "; it has taken all, and may count later: type the same again"
    return lacks | {
        folder: _Lack(
            num_there=lacks[folder].num_there,
            reason=f"{lacks[folder].reason}{late if lacks[folder].sendable else ''}",
            sendable=False,
        )
        for folder in waiting
    }


def _to_send(folder: Path, marker: Marker, lack: _Lack, sync: _Sync, number: int) -> Path:
    """The copy that the mirror left, or a new one of the rows that are lacking."""
    left = folder / marker.folder
    if number == 0 and not lack.num_there and left.is_dir():
        return left
    into = _scratch(sync) / marker.wandb_id
    into.mkdir(parents=True, exist_ok=True)
    return write_copy(
        into,
        copy=copy_of(folder),
        project=marker.project,
        group=marker.group,
        first_row=lack.num_there,
    )


def _scratch(sync: _Sync) -> Path:
    return sync.store / "wandb" / "rest"
