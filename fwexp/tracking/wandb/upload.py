"""`wandb sync` of the real library over offline runs: one at a time, ended with its driver.

As a program (`python -m fwexp.tracking.wandb.upload PARENT ARGUMENT…`) it becomes `wandb sync`.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fwexp.processes.server import die_with_parent

if TYPE_CHECKING:
    from fwexp.tracking.wandb.service import Service

PARALLEL = 4  # runs at a time
BATCH = 200  # folders per process: a command line is limited
POLL_S = 1.0  # between two checks of the folders
CHECKS = 3  # of the service, before an upload counts as stalled


@contextmanager
def upload_lock(log: Path, *, on_wait: Callable[[], None]) -> Iterator[IO[bytes]]:
    """The log of uploads, locked: only its holder may upload.

    The uploading processes inherit it as their output, so the lock outlives a driver that was
    killed for as long as its children still send.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How an upload is watched."""

    stall_s: float  # without progress: the upload is given up
    on_sent: Callable[[int], None]  # gets how many folders were sent
    received: Callable[[], object]  # what the service has of them: progress if it changes


def upload(
    folders: Sequence[Path], *, service: "Service", log: IO[bytes], progress: Progress
) -> bool:
    """Send the offline runs; False if it stalled and was given up.

    True does not mean success: the service's own counts decide that.
    """
    for folder in folders:  # left by an upload to another server, or by an earlier try
        for mark in (*folder.glob("*.wandb.synced"), *folder.glob("*.wandb.syncstate")):
            mark.unlink()
    for start in range(0, len(folders), BATCH):
        batch = folders[start : start + BATCH]
        if not _sync(_command(batch, service), batch, log, progress, num_before=start):
            return False
    return True


def _command(folders: Sequence[Path], service: "Service") -> list[str]:
    command = [sys.executable, "-m", __name__, str(os.getpid()), "--yes"]
    command += ["--include-synced", "-n", str(PARALLEL)]
    command += ["-e", service.entity, "-p", service.project]
    return command + [str(folder) for folder in folders]


def _sync(
    command: Sequence[str],
    folders: Sequence[Path],
    log: IO[bytes],
    progress: Progress,
    *,
    num_before: int,
) -> bool:
    waiting, before = list(folders), progress.received()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    moved_at = checked_at = time.monotonic()
    try:
        while True:
            has_ended, num = _has_ended(process), len(waiting)
            waiting = [folder for folder in waiting if not is_sent(folder)]
            if len(waiting) < num:
                moved_at = time.monotonic()
                progress.on_sent(num_before + len(folders) - len(waiting))
            if has_ended:
                return True
            if time.monotonic() - max(moved_at, checked_at) > progress.stall_s / CHECKS:
                now, checked_at = progress.received(), time.monotonic()
                if now != before:
                    before, moved_at = now, checked_at
            elif time.monotonic() - moved_at > progress.stall_s:
                return False
    finally:
        if process.poll() is None:
            process.kill()  # its wandb-core ends with it
            process.wait()


def is_sent(folder: Path) -> bool:
    """Whether `wandb sync` has marked the offline run as sent."""
    return any(folder.glob("*.wandb.synced"))


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=POLL_S)
    return process.returncode is not None


def main(argv: Sequence[str]) -> None:
    """Become `wandb sync` with the arguments after the first, which is the parent's process id."""
    parent, *arguments = argv
    os.environ.pop("WANDB_SERVICE", None)  # the driver's wandb-core would outlive us
    die_with_parent(int(parent))  # survives the exec
    os.execv(sys.executable, [sys.executable, "-m", "wandb", "sync", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
