"""Locks that end with the process that holds them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Not TMPDIR nor XDG_RUNTIME_DIR: two shells of one user may differ in them, and share a device.
DEVICE_LOCKS = Path("/tmp")


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the file's lock; wait as long as another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def device_lock(hardware: str) -> Path:
    """The lock of this machine's device, for this user's timed runs."""
    return DEVICE_LOCKS / f"fwexp-{os.getuid()}-{hardware}.lock"
