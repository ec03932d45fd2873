"""The paired tests against statsmodels, Holm against statsmodels, and the N that is enough."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from fwexp.evidence.statistics import (
    CHANCES,
    mean_interval,
    paired_test,
    pairs_to_decide,
    prediction_interval,
    rates_differ,
    sign_test,
)

DIFFERENCES = [0.3, -0.1, 0.4, 0.2, 0.1]


def test_equivalence_is_the_tost_of_statsmodels() -> None:
    ours = paired_test(DIFFERENCES, margin=0.5, confidence=0.95, least_sd=1e-6)
    theirs, *_ = ttost_paired(np.array(DIFFERENCES), np.zeros(5), -0.5, 0.5)
    assert ours.p_equivalent == pytest.approx(theirs, rel=1e-12)


def test_intervals_are_those_of_the_one_sample_t_test() -> None:
    ours = paired_test(DIFFERENCES, margin=0.5, confidence=0.95, least_sd=1e-6)
    theirs = stats.ttest_1samp(DIFFERENCES, 0)
    assert (ours.outer.low, ours.outer.high) == pytest.approx(theirs.confidence_interval(0.95))
    assert (ours.inner.low, ours.inner.high) == pytest.approx(theirs.confidence_interval(0.90))
    assert (ours.inner.confidence, ours.outer.confidence) == pytest.approx((0.9, 0.95))


@pytest.mark.parametrize("shift", [0.0, 0.6, -0.6, 1.5, -1.5])
def test_p_values_agree_with_the_intervals(shift: float) -> None:
    test = paired_test([d + shift for d in DIFFERENCES], margin=0.5, confidence=0.95, least_sd=1e-6)
    inside = test.inner.low > -0.5 and test.inner.high < 0.5
    beyond = test.outer.low > 0.5 or test.outer.high < -0.5
    assert (test.p_equivalent < 0.05) is inside
    assert (test.p_material < 0.05) is beyond


def test_identical_differences_have_the_spread_of_the_floor() -> None:
    test = paired_test([0.1 + 0.2, 0.3, 0.3], margin=0.5, confidence=0.95, least_sd=0.1)
    assert (test.is_raised, test.sd) == (True, 0.1)
    half = stats.t.ppf(0.975, 2) * 0.1 / math.sqrt(3)
    assert (test.outer.low, test.outer.high) == pytest.approx((0.3 - half, 0.3 + half))


def test_a_gap_of_rounding_is_none() -> None:
    test = paired_test([1e-15] * 5, margin=0.5, confidence=0.95, least_sd=1e-12)
    assert test.mean == 0.0
    assert test.outer.low < 0 < test.outer.high


@pytest.mark.parametrize("odd", [math.nan, math.inf])
def test_what_is_no_number_is_an_error_and_never_significant(odd: float) -> None:
    with pytest.raises(ValueError, match=f"{odd} is no difference to test"):
        paired_test([0.1, odd, 0.2], margin=0.5, confidence=0.95, least_sd=0.1)


def test_identical_differences_at_the_margin_prove_nothing() -> None:
    test = paired_test([0.5, 0.5, 0.5], margin=0.5, confidence=0.95, least_sd=0.1)
    assert (test.p_equivalent, test.p_material) == (0.5, 1.0)


def test_two_pairs_are_refused() -> None:
    with pytest.raises(AssertionError, match="2 pairs allow no inference"):
        paired_test([0.1, 0.2], margin=0.5, confidence=0.95, least_sd=1e-6)


def test_failure_rates_are_compared_by_the_exact_test_of_fisher() -> None:
    """By hand: 56 of the 4,368 ways to choose the five that failed are all on that side, twice."""
    assert rates_differ([5, 0], [8, 8]) == pytest.approx(2 * 56 / math.comb(16, 5))
    assert rates_differ([2, 0], [5, 5]) == pytest.approx(2 * 10 / math.comb(10, 2))


def test_the_sign_test_takes_endless_times_as_the_longest() -> None:
    assert sign_test([math.inf] * 6 + [0.3] * 2, margin=0.1) == 2 / 2**8
    assert sign_test([-math.inf, *[0.3] * 7], margin=0.1) == 2 * 9 / 2**8
    assert sign_test([0.05] * 8, margin=0.1) == 1.0
    assert sign_test([math.nan] * 8, margin=0.1) == 1.0


def test_another_value_is_less_certain_than_the_mean() -> None:
    values = [1.0, 2.0, 3.0, 4.0]
    mean, another = (
        interval(values, confidence=0.95) for interval in (mean_interval, prediction_interval)
    )
    assert another.high - 2.5 == pytest.approx((mean.high - 2.5) * math.sqrt(4 + 1))


def test_more_pairs_decide_a_noisy_sameness() -> None:
    test = paired_test([0.6, -0.5, 0.4, -0.6, 0.1], margin=0.5, confidence=0.95, least_sd=1e-6)
    few, many = pairs_to_decide(test, margin=0.5, alpha=0.05) or (0, 0)
    assert test.n < few < many < 100


def test_the_numbers_of_pairs_have_the_chances_they_promise() -> None:
    """Of the truths that a pilot leaves open: its mean and SD are drawn as it says."""
    test = paired_test([0.3, -0.2, 0.35, -0.3, 0.1], margin=0.3, confidence=0.95, least_sd=1e-6)
    numbers = pairs_to_decide(test, margin=0.3, alpha=0.05)
    assert numbers is not None
    rng = np.random.default_rng(0)
    sd = test.sd * np.sqrt(4 / rng.chisquare(4, 4000))
    gap = rng.normal(test.mean, sd / math.sqrt(5))
    for number, chance in zip(numbers, CHANCES, strict=True):
        samples = rng.normal(gap, sd, (number, 4000))
        error = samples.std(axis=0, ddof=1) / math.sqrt(number)
        means = abs(samples.mean(axis=0))
        same = means + stats.t.ppf(0.95, number - 1) * error < 0.3
        material = means - stats.t.ppf(0.975, number - 1) * error > 0.3
        assert np.mean(same | material) == pytest.approx(chance, abs=0.04)


def test_more_pairs_decide_a_gap_beyond_the_margin() -> None:
    test = paired_test([0.9, 0.2, 1.6, 0.1, 0.9], margin=0.5, confidence=0.95, least_sd=1e-6)
    few, many = pairs_to_decide(test, margin=0.5, alpha=0.05) or (0, 0)
    assert many > few > test.n


def test_no_number_decides_a_gap_at_the_margin() -> None:
    test = paired_test([0.4, 0.6, 0.5, 0.55, 0.45], margin=0.5, confidence=0.95, least_sd=1e-6)
    assert pairs_to_decide(test, margin=0.5, alpha=0.05) is None


def test_the_mean_interval_of_two_values_uses_one_degree_of_freedom() -> None:
    interval = mean_interval([1.0, 3.0], confidence=0.95)
    assert interval.high - 2.0 == pytest.approx(stats.t.ppf(0.975, 1))
