"""The processes of a command, seen from outside."""

import time
from collections.abc import Callable
from pathlib import Path


def children(pid: int) -> list[int]:
    """The living children of a process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields and fields[0] != "Z" and int(fields[1]) == pid:
            found.append(int(folder.name))
    return sorted(found)


def is_running(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    fields = _stat(pid)
    return bool(fields) and fields[0] != "Z"


def wait_until(condition: Callable[[], object], *, what: str, timeout_s: float = 60) -> None:
    """Wait until the condition holds; AssertionError, saying what it was, if it never does."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s:g} s"
        time.sleep(0.01)


def _stat(pid: int) -> list[str]:
    """State, parent and so on; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
