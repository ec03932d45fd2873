"""A secondary node's part of a run: its ranks train, and the first node records."""

import time
import traceback
from collections.abc import Callable

from fwexp.processes.messages import stop_if_asked
from fwexp.runs.ranks import RankFailed

POLL_S = 0.5  # the record is on a shared file system
WAIT_S = 900.0  # for a failure's record: longer than the first node's ranks wait for these


def run_secondary(train: Callable[[], object], *, is_recorded: Callable[[], bool]) -> None:
    """Train unless the run is recorded, and return when it is.

    A failure here is one there too, as the first node's ranks have lost these; RankFailed is
    raised only if no record reports it. Raises Interrupted when a signal asks the run to stop.
    """
    if is_recorded():
        return
    try:
        train()
    except RankFailed:
        traceback.print_exc()
        if not _wait(is_recorded, timeout_s=WAIT_S):
            raise
    else:
        _wait(is_recorded, timeout_s=float("inf"))  # the first node may take long to evaluate


def _wait(is_recorded: Callable[[], bool], *, timeout_s: float) -> bool:
    """Whether the record appeared within that time."""
    deadline = time.monotonic() + timeout_s
    while not is_recorded():
        stop_if_asked(", as the first node is to be")
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
