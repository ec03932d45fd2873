"""Locks that end with the process that holds them."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold(path: Path, *, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the file's lock; while another process holds it, say so once and wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if on_wait is not None:
                on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_held(path: Path) -> bool:
    """Whether a process holds the file's lock now."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def device_lock(hardware: str) -> Path:
    """The lock of this machine's device, for this user's timed runs.

    In FWEXP_LOCKS, which tests set, or /tmp; not in TMPDIR nor XDG_RUNTIME_DIR: two shells of one
    user may differ in them, and share a device.
    """
    folder = Path(os.environ.get("FWEXP_LOCKS", "/tmp"))
    return folder / f"fwexp-{os.getuid()}-{hardware}.lock"
