"""The step clock, and which steps are steady."""

import numpy as np
import pytest

from fwexp.meters import clock as module
from fwexp.meters.clock import StepClock, num_first_steps


@pytest.mark.parametrize(
    ("step_s", "first"),
    [
        pytest.param([1.0] * 100, 5, id="steady from the first step: five all the same"),
        pytest.param([30.0] + [1.0] * 99, 5, id="one slow first step"),
        pytest.param([2.0] * 20 + [1.0] * 80, 16, id="slow until step 20: the window's majority"),
        pytest.param([1.3] * 20 + [1.0] * 80, 15, id="over 25 % slower"),
        pytest.param([1.2] * 20 + [1.0] * 80, 5, id="within 25 %"),
        pytest.param([5.0] * 49 + [1.0] * 51, 45, id="slow for half of the run"),
        pytest.param(list(np.linspace(9, 1, 100)), 50, id="never steady: half of the steps"),
        pytest.param([1.0] * 8, 4, id="few steps: half of them"),
        pytest.param([1.0], 0, id="one step"),
    ],
)
def test_the_first_steps_are_those_before_the_stable_ones(step_s: list[float], first: int) -> None:
    assert num_first_steps(np.array(step_s)) == first


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moments that the clock will read, one after another."""
    moments: list[float] = []
    monkeypatch.setattr(module.time, "perf_counter", lambda: moments.pop(0))
    return moments


def test_a_step_lasts_from_the_end_of_the_one_before(time: list[float]) -> None:
    time += [10, 13, 14]
    clock = StepClock(2)
    clock.end_step(0)
    clock.end_step(1)
    assert clock.step_s.tolist() == [3, 1]
    assert clock.train_s == 4


def test_a_pause_is_left_out_of_the_step_it_falls_in(time: list[float]) -> None:
    time += [0, 2, 102, 105, 205, 206]
    clock = StepClock(1)
    pauses = []
    for _ in range(2):
        clock.pause()
        pauses.append(clock.resume())
    clock.end_step(0)
    assert clock.step_s.tolist() == [2 + 3 + 1]
    assert pauses == [100, 100]
    assert clock.train_s == 6


def test_what_precedes_a_pause_belongs_to_one_step_only(time: list[float]) -> None:
    time += [0, 1, 2, 4, 7]
    clock = StepClock(2)
    clock.pause()
    clock.resume()
    clock.end_step(0)
    clock.end_step(1)
    assert clock.step_s.tolist() == [1 + 2, 3]


def test_what_an_earlier_attempt_timed_stands_and_its_end_is_no_steps_time(
    time: list[float],
) -> None:
    time += [0, 100, 103]
    clock = StepClock(3, before=[5, 6])
    clock.restart()
    clock.end_step(2)
    assert clock.step_s.tolist() == [5, 6, 3]
