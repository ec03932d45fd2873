"""The processes of a command, seen from outside."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path


def children(pid: int) -> list[int]:
    """The living children of a process."""
    return sorted(found for found in _all() if is_running(found) and parent_of(found) == pid)


def parent_of(pid: int) -> int | None:
    """The process that it is a child of; none if it has ended."""
    fields = _stat(pid)
    return int(fields[1]) if fields else None


def commands() -> dict[int, bytes]:
    """The command lines of all processes, words ended by zeros."""
    return {pid: command_of(pid) for pid in _all()}


def command_of(pid: int) -> bytes:
    """The command line of a process, words ended by zeros; empty if it has ended."""
    return _read(pid, "cmdline")


def variables_of(pid: int) -> set[bytes]:
    """The environment a process was started in, `NAME=value`; empty if it has ended."""
    return set(_read(pid, "environ").split(b"\0"))


def with_variables(*variables: str) -> list[int]:
    """All processes that were started with these in their environment, each `NAME=value`."""
    wanted = {variable.encode() for variable in variables}
    return [pid for pid in _all() if wanted <= variables_of(pid)]


def kill(pids: Iterable[int]) -> None:
    """End them at once, those that have not ended by themselves or with another."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


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
    return _read(pid, "stat").decode(errors="replace").rpartition(")")[2].split()


def _all() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""  # it has ended, or is not ours
