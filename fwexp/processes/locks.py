"""Locks that are released when the process that holds them ends."""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from fwexp.config.schema import Hardware
from fwexp.hardware.table import HARDWARE
from fwexp.processes.messages import Interrupted, is_asked_to_stop

POLL_S = 0.05


@contextmanager
def hold(
    path: Path,
    *,
    on_wait: Callable[[], None] | None = None,
    stop: Callable[[], bool] = is_asked_to_stop,
) -> Iterator[None]:
    """Hold the file's lock; if another process has it, say so once and wait.

    Raises Interrupted if `stop` comes before the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        if not _take(file):
            if on_wait is not None:
                on_wait()
            while not _take(file):
                if stop():
                    raise Interrupted(f"stopped by a signal while waiting for {path}")
                time.sleep(POLL_S)
        yield


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether any process holds the file's lock now."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def device_lock(hardware: Hardware) -> Path:
    """The lock of the device that this process may use, for this user's timed runs: jobs to which
    a scheduler gave different cores or GPUs of the machine need not wait for each other.

    In FWEXP_LOCKS, which tests set, or /tmp; not in TMPDIR or XDG_RUNTIME_DIR: two shells of one
    user may differ in them, and share a device.
    """
    folder = Path(os.environ.get("FWEXP_LOCKS", "/tmp"))
    # The parts of one run must not wait for each other when one machine simulates two nodes.
    node = os.environ.get("FWEXP_NODE", "") if hardware.nodes > 1 else ""
    parts = [str(os.getuid()), hardware.name, _assigned(hardware.name), node]
    return folder / f"fwexp-{'-'.join(filter(None, parts))}.lock"


def _assigned(hardware: str) -> str:
    """Which of the machine's devices this process was assigned; empty if all of them."""
    assigned = HARDWARE[hardware].assigned()
    return hashlib.sha256(assigned.encode()).hexdigest()[:8] if assigned else ""
