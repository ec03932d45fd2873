"""Which steps are steady, and the clock that times them."""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MIN_FIRST_STEPS = 5
WINDOW = 10
STABLE_RATIO = 1.25


def num_first_steps(step_s: NDArray[np.float64]) -> int:
    """How many steps to count as compilation and warm-up.

    At least five; then until a window of ten steps has a median within 25 % of the median of the
    second half of the run; at most half of the steps.
    """
    most = len(step_s) // 2
    settled = float(np.median(step_s[most:]))
    for first in range(min(MIN_FIRST_STEPS, most), most):
        if np.median(step_s[first : first + WINDOW]) <= STABLE_RATIO * settled:
            return first
    return most


class StepClock:
    """Times each step from the end of the previous one; pauses are left out.

    `before`: the steps timed by earlier attempts, in seconds.
    """

    def __init__(self, num_steps: int, *, before: Sequence[float] = ()) -> None:
        self.step_s = np.zeros(num_steps)
        self.step_s[: len(before)] = before
        self._mark = time.perf_counter()
        self._carried_s = 0.0  # time before a step that counts with it: the trainer's set-up

    @property
    def train_s(self) -> float:
        """Training time so far, pauses excluded."""
        return float(self.step_s.sum())

    def end_step(self, step: int) -> None:
        now = time.perf_counter()
        self.step_s[step] = now - self._mark + self._carried_s
        self._mark = now
        self._carried_s = 0.0

    def pause(self) -> None:
        now = time.perf_counter()
        self._carried_s += now - self._mark
        self._mark = now

    def resume(self) -> float:
        """The length of the pause, in seconds."""
        now = time.perf_counter()
        paused_s = now - self._mark
        self._mark = now
        return paused_s

    def restart(self) -> None:
        """Discard the time until now: it belongs to no step."""
        self._mark = time.perf_counter()
        self._carried_s = 0.0
