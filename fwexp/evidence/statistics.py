"""Paired t statistics: intervals, two one-sided tests, a sign test, and the N that is enough."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

MIN_PAIRS = 3  # below it nothing is inferred
MAX_PAIRS = 1000  # more seeds than anyone runs
POWER = 0.8
SD_CONFIDENCE = 0.8  # one-sided: a pilot's own SD plans too few seeds in a third of cases
NEAR = 1.5  # standard errors
NONE = 1e-9  # rounding: a smaller difference is none
_QUANTILES = (np.arange(400) + 0.5) / 400  # over which the power integral is averaged


@dataclass(frozen=True, kw_only=True)
class Interval:
    low: float
    high: float
    confidence: float


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """What N paired differences say about a margin."""

    n: int
    mean: float
    sd: float  # at least the floor
    inner: Interval  # confidence 1 − 2α: inside the margin means equivalent
    outer: Interval  # confidence 1 − α: beyond the margin means material
    p_equivalent: float  # of "the difference is at least the margin"
    p_material: float  # of "the difference is at most the margin", two-sided
    is_floored: bool  # the differences vary less than their figures can tell


def paired_test(
    differences: Sequence[float], *, margin: float, confidence: float, floor: float
) -> PairedTest:
    """The paired t-test of at least three differences against ±`margin`, in their own unit.

    `floor` is the least SD that they can have, as their figures are no finer. ValueError if one is
    not a finite number.
    """
    n = len(differences)
    assert n >= MIN_PAIRS, f"{n} pairs allow no inference"
    assert floor > 0, "without a spread everything is significant"
    values = np.asarray(differences, dtype=float)
    if not np.isfinite(values).all():
        raise ValueError(f"{values[~np.isfinite(values)][0]} is no difference to test")
    values = np.where(np.abs(values) <= NONE, 0.0, values)
    mean, own_sd = float(values.mean()), float(values.std(ddof=1))
    sd = max(own_sd, floor)
    error = sd / math.sqrt(n)
    above_low, above_high = (mean + margin) / error, (mean - margin) / error
    law = stats.t(n - 1)
    return PairedTest(
        n=n,
        mean=mean,
        sd=sd,
        inner=_interval(mean, error, df=n - 1, confidence=2 * confidence - 1),
        outer=_interval(mean, error, df=n - 1, confidence=confidence),
        p_equivalent=float(max(law.sf(above_low), law.cdf(above_high))),
        p_material=float(min(1.0, 2 * min(law.sf(above_high), law.cdf(above_low)))),
        is_floored=own_sd < floor,
    )


def sign_test(differences: Sequence[float], *, margin: float) -> float:
    """The exact two-sided p of "the median difference is within ±`margin`".

    Differences may be infinite, where one of the two never ended; NaN stands for a pair of which
    neither did, and tells nothing. A rank test would need symmetry, which they do not have.
    """
    told = [d for d in differences if not math.isnan(d)]
    if not told:
        return 1.0
    above, below = sum(d > margin for d in told), sum(d < -margin for d in told)
    return float(min(1.0, 2 * stats.binom.sf(max(above, below) - 1, len(told), 0.5)))


def rates_differ(failed: Sequence[int], runs: Sequence[int]) -> float:
    """The p of Fisher's exact test that two frameworks fail equally often.

    Not McNemar's, although the runs are paired by seed: it sees only pairs of which one failed,
    and none of five seeds would ever show anything. What a seed does to both frameworks alike
    makes Fisher's test cautious, never wrong.
    """
    table = [[bad, all_runs - bad] for bad, all_runs in zip(failed, runs, strict=True)]
    return float(stats.fisher_exact(table).pvalue)


def mean_interval(values: Sequence[float], *, confidence: float) -> Interval:
    """The t-interval of the mean of at least two values."""
    array = np.asarray(values, dtype=float)
    error = float(array.std(ddof=1)) / math.sqrt(len(array))
    return _interval(float(array.mean()), error, df=len(array) - 1, confidence=confidence)


def prediction_interval(values: Sequence[float], *, confidence: float) -> Interval:
    """The t-interval of one more value like these, of which there are at least two."""
    array = np.asarray(values, dtype=float)
    error = float(array.std(ddof=1)) * math.sqrt(1 + 1 / len(array))
    return _interval(float(array.mean()), error, df=len(array) - 1, confidence=confidence)


def pairs_to_decide(test: PairedTest, *, margin: float, alpha: float) -> tuple[int, int] | None:
    """From how many to how many pairs would settle the question four times in five; None where
    even MAX_PAIRS might not, because the difference is at the margin.

    Takes the observed mean as true, and the SD as observed and at its upper confidence limit. A
    gap that is shown, but is nearer to the margin than NEAR standard errors, is at the margin.
    """
    error = test.sd / math.sqrt(test.n)
    if not test.outer.low <= 0 <= test.outer.high and abs(abs(test.mean) - margin) < NEAR * error:
        return None
    # the true SD exceeds s·√(df / χ²₀.₂(df)) in one pilot in five
    upper = test.sd * math.sqrt((test.n - 1) / stats.chi2.ppf(1 - SD_CONFIDENCE, test.n - 1))
    few, many = (_enough(test, sd, margin=margin, alpha=alpha) for sd in (test.sd, upper))
    return (few, many) if few and many else None


def _enough(test: PairedTest, sd: float, *, margin: float, alpha: float) -> int | None:
    sizes = range(test.n + 1, MAX_PAIRS + 1)

    def power(n: int) -> float:
        return _power(n, gap=abs(test.mean), sd=sd, margin=margin, alpha=alpha)

    place = bisect_left(sizes, POWER, key=power)
    return sizes[place] if place < len(sizes) else None


def _power(n: int, *, gap: float, sd: float, margin: float, alpha: float) -> float:
    """The chance that N pairs show equivalence (gap inside the margin) or a material gap."""
    # given the sample's SD, the mean is normal: average over that SD's distribution
    spread = np.sqrt(stats.chi2.ppf(_QUANTILES, n - 1) / (n - 1))
    error = sd / math.sqrt(n)
    if gap < margin:
        reach = stats.t.ppf(1 - alpha, n - 1) * spread
        inside = stats.norm.cdf((margin - gap) / error - reach) - stats.norm.cdf(
            (-margin - gap) / error + reach
        )
        return float(np.maximum(inside, 0).mean())
    reach = stats.t.ppf(1 - alpha / 2, n - 1) * spread
    return float(stats.norm.cdf((gap - margin) / error - reach).mean())


def _interval(mean: float, error: float, *, df: int, confidence: float) -> Interval:
    half = float(stats.t.ppf((1 + confidence) / 2, df)) * error
    return Interval(low=mean - half, high=mean + half, confidence=confidence)
