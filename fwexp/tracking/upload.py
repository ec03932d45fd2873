"""`wandb sync` of the real library over run folders, as a process that cannot be doubled."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO

from fwexp.tracking.service import Service

PARALLEL = 4  # runs at a time
FOLDERS = 200  # a process: a command line is not endless
POLL_S = 1.0  # between two looks at the folders
LOOKS = 3  # at the service, before an upload counts as stalled


@contextmanager
def alone(log: Path, *, on_wait: Callable[[], None]) -> Iterator[IO[bytes]]:
    """The log of uploads, locked: whoever writes to it may upload, and nobody else.

    The uploading processes have it as their output, so that the lock outlives a driver that was
    killed for as long as what it started still sends.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def upload(
    folders: Sequence[Path],
    *,
    service: Service,
    log: IO[bytes],
    stall_s: float,
    tell: Callable[[int], None],
    taken: Callable[[], object],
) -> bool:
    """Send what the W&B run folders hold; `tell` hears how many are through.

    False where none came through for `stall_s`, and what the service has `taken` of them stood
    still, which ends it. Says nothing of success: that is for the service's own counts.
    """
    for folder in folders:  # what another server got, or an earlier try
        for mark in (*folder.glob("*.wandb.synced"), *folder.glob("*.wandb.syncstate")):
            mark.unlink()
    num_before = 0
    for start in range(0, len(folders), FOLDERS):
        part = folders[start : start + FOLDERS]
        command = _command(part, service)
        if not _sync(command, part, log, stall_s, partial(_tell_more, tell, num_before), taken):
            return False
        num_before += len(part)
    return True


def _tell_more(tell: Callable[[int], None], num_before: int, num: int) -> None:
    tell(num_before + num)


def _command(folders: Sequence[Path], service: Service) -> list[str]:
    command = [sys.executable, "-m", "fwexp.tracking.wandb_sync", str(os.getpid()), "--yes"]
    command += ["--include-synced", "-n", str(PARALLEL)]
    command += ["-e", service.entity, "-p", service.project]
    return command + [str(folder) for folder in folders]


def _sync(
    command: Sequence[str],
    folders: Sequence[Path],
    log: IO[bytes],
    stall_s: float,
    tell: Callable[[int], None],
    taken: Callable[[], object],
) -> bool:
    waiting, before = list(folders), taken()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    moved_at = looked_at = time.monotonic()
    try:
        while True:
            has_ended, num = _has_ended(process), len(waiting)
            waiting = [folder for folder in waiting if not any(folder.glob("*.wandb.synced"))]
            if len(waiting) < num:
                moved_at = time.monotonic()
                tell(len(folders) - len(waiting))
            if has_ended:
                return True
            if time.monotonic() - max(moved_at, looked_at) > stall_s / LOOKS:
                now, looked_at = taken(), time.monotonic()
                if now != before:
                    before, moved_at = now, looked_at
            elif time.monotonic() - moved_at > stall_s:
                return False
    finally:
        if process.poll() is None:
            process.kill()  # its wandb-core ends with it
            process.wait()


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=POLL_S)
    return process.returncode is not None
