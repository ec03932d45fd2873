"""A run's time as a line through its own length and time."""

import math
from dataclasses import replace

import pytest

from fwexp.evidence.time_line import TimeLine, crossover, mean_line, ratio_at, time_line
from fwexp.store.record import RunRecord
from tests.evidence.factory import Truth, simulate

STEP_S, EVALUATION_S = 0.004, 0.05 / 11
QUICK_TO_START = TimeLine(fixed_s=4.0, rate_s=0.003)
QUICK_TO_STEP = TimeLine(fixed_s=10.0, rate_s=0.002)


def record() -> RunRecord:
    return simulate({"mlp": Truth(time_sd=0.0)}).records["torch-mlp-0"]


def test_the_line_goes_through_the_runs_own_time() -> None:
    run = record()
    line = time_line(run, import_s=3.0)
    assert line is not None
    assert run.phases is not None
    assert line.at(220) == pytest.approx(3.0 + run.phases.total_s)
    assert line.rate_s == pytest.approx(STEP_S + EVALUATION_S / 22)  # one in 22 steps


def test_the_first_evaluation_compiles_and_is_fixed() -> None:
    run = record()
    timed = [replace(e, took_s=1.0 if i == 0 else 0.01) for i, e in enumerate(run.evaluations)]
    line = time_line(replace(run, evaluations=timed), import_s=3.0)
    assert line is not None
    assert line.rate_s == pytest.approx(STEP_S + 0.01 / 22)


def test_what_the_first_steps_take_longer_is_fixed() -> None:
    run = record()
    assert run.phases is not None
    plain = time_line(run, import_s=3.0)
    phases = replace(
        run.phases,
        first_steps_s=run.phases.first_steps_s + 0.5,
        total_s=run.phases.total_s + 0.5,
    )
    tracing = time_line(replace(run, phases=phases), import_s=3.0)
    assert plain is not None
    assert tracing == TimeLine(fixed_s=pytest.approx(plain.fixed_s + 0.5), rate_s=plain.rate_s)


def test_first_steps_quicker_than_steady_ones_take_nothing_from_the_start() -> None:
    run = record()
    assert run.phases is not None
    phases = replace(run.phases, first_steps_s=0.0, total_s=run.phases.total_s - 20 * STEP_S)
    line = time_line(replace(run, phases=phases), import_s=0.0)
    assert line is not None
    assert line.fixed_s >= 0.012 + 0.05 + 0.1


def test_a_run_without_steady_steps_has_no_line() -> None:
    run = record()
    assert run.phases is not None
    for bare in (
        replace(run, phases=None),
        replace(run, num_first_steps=220),
        replace(run, phases=replace(run.phases, steady_s=0.0)),
    ):
        assert time_line(bare, import_s=3.0) is None


def test_the_ratio_goes_from_that_of_the_starts_to_that_of_the_rates() -> None:
    ratios = [ratio_at(n, torch=QUICK_TO_START, tf=QUICK_TO_STEP) for n in (0, 6000, math.inf)]
    assert ratios == pytest.approx([2.5, 1.0, 2 / 3])


def test_lines_cross_where_the_start_is_made_up_for() -> None:
    assert crossover(torch=QUICK_TO_START, tf=QUICK_TO_STEP) == pytest.approx(6000)
    assert QUICK_TO_START.at(6000) == pytest.approx(QUICK_TO_STEP.at(6000))
    assert QUICK_TO_START.steps_in(QUICK_TO_START.at(17)) == pytest.approx(17)


def test_one_that_is_quicker_to_start_and_to_step_is_never_met() -> None:
    slow = TimeLine(fixed_s=11.0, rate_s=0.004)
    assert crossover(torch=QUICK_TO_START, tf=slow) is None
    assert crossover(torch=QUICK_TO_START, tf=replace(QUICK_TO_START, fixed_s=5.0)) is None


def test_a_mean_line() -> None:
    mean = mean_line([QUICK_TO_START, QUICK_TO_STEP])
    assert (mean.fixed_s, mean.rate_s) == (7.0, 0.0025)
