"""`wandb sync` of the real library over run folders, as a process that cannot be doubled."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from fwexp.tracking.service import Service

PARALLEL = 4  # runs at a time
FOLDERS = 200  # a process: a command line is not endless
POLL_S = 0.1


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
) -> bool:
    """Send what the W&B run folders hold; `tell` hears how many are through.

    False where none came through for `stall_s`, which ends it. Says nothing of success: that is
    for the service's own counts.
    """
    for folder in folders:  # what another server got, or an earlier try
        for mark in (*folder.glob("*.wandb.synced"), *folder.glob("*.wandb.syncstate")):
            mark.unlink()
    num_before = 0
    for start in range(0, len(folders), FOLDERS):
        part = folders[start : start + FOLDERS]
        if not _sync(part, service, log, stall_s, partial(_tell_more, tell, num_before)):
            return False
        num_before += len(part)
    return True


def _tell_more(tell: Callable[[int], None], num_before: int, num: int) -> None:
    tell(num_before + num)


def _sync(
    folders: Sequence[Path],
    service: Service,
    log: IO[bytes],
    stall_s: float,
    tell: Callable[[int], None],
) -> bool:
    command = [sys.executable, "-m", "fwexp.tracking.wandb_sync", str(os.getpid()), "--yes"]
    command += ["--include-synced", "-n", str(PARALLEL)]
    command += ["-e", service.entity, "-p", service.project]
    command += [str(folder) for folder in folders]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    num_through, moved_at = 0, time.monotonic()
    try:
        while process.poll() is None and time.monotonic() - moved_at < stall_s:
            time.sleep(POLL_S)
            num = sum(any(folder.glob("*.wandb.synced")) for folder in folders)
            if num > num_through:
                num_through, moved_at = num, time.monotonic()
                tell(num)
        return process.poll() is not None
    finally:
        if process.poll() is None:
            process.kill()  # its wandb-core ends with it
            process.wait()
