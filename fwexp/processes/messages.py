"""What a driver asks of a warm server's child, and what the child reports on the way."""

import json
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Tell = Callable[[dict[str, Any]], None]

# A scheduler sends them ahead of a time limit, a requeue or a preemption. A server blocks them, so
# that its children start with them blocked: no handler runs; a run checks for a pending one.
STOPS = frozenset({signal.SIGUSR2, signal.SIGTERM})


class Interrupted(BaseException):
    """A run stops because a signal asked it to, and will resume later: not a failure."""


def is_asked_to_stop() -> bool:
    """Whether a signal is pending that this process blocks and checks for."""
    return not STOPS.isdisjoint(signal.sigpending())


def stop_if_asked(words: str) -> None:
    """Raise Interrupted, with the signals' names and these words, if any is pending."""
    if asked := sorted(STOPS & signal.sigpending()):
        names = " and ".join(signal.Signals(number).name for number in asked)
        raise Interrupted(f"stopped by {names}{words}")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One function call, to be made in a separate process."""

    function: str  # "package.module:name"; it takes the arguments, the server's times, and a Tell
    arguments: dict[str, Any]  # plain data
    log: str  # file that takes the child's stdout and stderr
    dispatched_at: float  # time.monotonic() of the driver; one clock for all processes


class Progress:
    """Reports a run's progress to the driver, at most five times per second."""

    def __init__(self, tell: Tell, *, num_steps: int) -> None:
        self._tell = tell
        self._num_steps = num_steps
        self._next = 0.0

    def step(self, step: int) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 0.2
            self._tell({"event": "progress", "step": step, "num_steps": self._num_steps})


def encode(message: dict[str, Any]) -> bytes:
    """One line of JSON."""
    return json.dumps(message).encode() + b"\n"
