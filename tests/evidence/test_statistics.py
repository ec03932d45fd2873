"""The paired tests against statsmodels, Holm against statsmodels, and the N that is enough."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

from fwexp.evidence.statistics import MAX_PAIRS, holm, mean_interval, paired_test, pairs_to_decide

DIFFERENCES = [0.3, -0.1, 0.4, 0.2, 0.1]


def test_equivalence_is_the_tost_of_statsmodels() -> None:
    ours = paired_test(DIFFERENCES, margin=0.5, confidence=0.95)
    theirs, *_ = ttost_paired(np.array(DIFFERENCES), np.zeros(5), -0.5, 0.5)
    assert ours.p_equivalent == pytest.approx(theirs, rel=1e-12)


def test_intervals_are_those_of_the_one_sample_t_test() -> None:
    ours = paired_test(DIFFERENCES, margin=0.5, confidence=0.95)
    theirs = stats.ttest_1samp(DIFFERENCES, 0)
    assert (ours.outer.low, ours.outer.high) == pytest.approx(theirs.confidence_interval(0.95))
    assert (ours.inner.low, ours.inner.high) == pytest.approx(theirs.confidence_interval(0.90))
    assert (ours.inner.confidence, ours.outer.confidence) == pytest.approx((0.9, 0.95))


@pytest.mark.parametrize("shift", [0.0, 0.6, -0.6, 1.5, -1.5])
def test_p_values_agree_with_the_intervals(shift: float) -> None:
    test = paired_test([d + shift for d in DIFFERENCES], margin=0.5, confidence=0.95)
    inside = test.inner.low > -0.5 and test.inner.high < 0.5
    beyond = test.outer.low > 0.5 or test.outer.high < -0.5
    assert (test.p_equivalent < 0.05) is inside
    assert (test.p_material < 0.05) is beyond


def test_identical_differences_have_no_spread_and_say_so() -> None:
    test = paired_test([0.1 + 0.2, 0.3, 0.3], margin=0.5, confidence=0.95)
    assert test.identical
    assert (test.sd, test.p_equivalent) == (0.0, 0.0)
    assert test.outer.low == test.outer.high == pytest.approx(0.3)


def test_identical_differences_at_the_margin_prove_nothing() -> None:
    test = paired_test([0.5, 0.5, 0.5], margin=0.5, confidence=0.95)
    assert (test.p_equivalent, test.p_material) == (0.5, 1.0)


def test_two_pairs_are_refused() -> None:
    with pytest.raises(AssertionError, match="2 pairs allow no inference"):
        paired_test([0.1, 0.2], margin=0.5, confidence=0.95)


@pytest.mark.parametrize("p_values", [[0.01, 0.04, 0.03], [0.5, 0.9], [0.02], [0.01, 0.01, 0.6]])
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_more_pairs_decide_a_noisy_sameness() -> None:
    test = paired_test([0.6, -0.5, 0.4, -0.6, 0.1], margin=0.5, confidence=0.95)
    number = pairs_to_decide(test, margin=0.5, alpha=0.05)
    assert number is not None
    assert test.n < number < 100


def test_the_number_of_pairs_has_the_power_it_promises() -> None:
    test = paired_test([0.3, -0.2, 0.35, -0.3, 0.1], margin=0.3, confidence=0.95)
    number = pairs_to_decide(test, margin=0.3, alpha=0.05)
    assert number is not None
    df = test.n - 1
    true_sd = test.sd * math.sqrt(df / stats.chi2.ppf(0.2, df))
    samples = np.random.default_rng(0).normal(test.mean, true_sd, (4000, number))
    error = samples.std(axis=1, ddof=1) / math.sqrt(number) * stats.t.ppf(0.95, number - 1)
    means = samples.mean(axis=1)
    assert 0.77 < np.mean((means + error < 0.3) & (means - error > -0.3)) < 0.86


def test_more_pairs_decide_a_gap_beyond_the_margin() -> None:
    test = paired_test([0.9, 0.4, 1.2, 0.3, 0.9], margin=0.5, confidence=0.95)
    number = pairs_to_decide(test, margin=0.5, alpha=0.05)
    assert number is not None
    assert number > test.n


def test_no_number_decides_a_gap_at_the_margin() -> None:
    test = paired_test([0.4, 0.6, 0.5, 0.55, 0.45], margin=0.5, confidence=0.95)
    assert pairs_to_decide(test, margin=0.5, alpha=0.05) is None
    assert MAX_PAIRS == 1000


def test_the_mean_interval_of_two_values_uses_one_degree_of_freedom() -> None:
    interval = mean_interval([1.0, 3.0], confidence=0.95)
    assert interval.high - 2.0 == pytest.approx(stats.t.ppf(0.975, 1))
