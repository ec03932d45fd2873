"""Locks that end with the process that holds them."""

import fcntl
import getpass
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the file's lock; wait as long as another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_held(path: Path) -> bool:
    """Whether some process holds the file's lock now."""
    if not path.exists():
        return False
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def device_lock(hardware: str) -> Path:
    """The lock of this machine's device, for this user's timed runs."""
    folder = Path(os.environ.get("XDG_RUNTIME_DIR", tempfile.gettempdir()))
    return folder / f"fwexp-{getpass.getuser()}-{hardware}.lock"
