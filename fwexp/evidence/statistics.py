"""Paired t statistics: intervals, two one-sided tests, Holm, and the N that is enough."""

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
_QUANTILES = (np.arange(400) + 0.5) / 400  # over which the power integral is averaged


@dataclass(frozen=True, kw_only=True)
class Interval:
    low: float
    high: float
    confidence: float

    @property
    def has_width(self) -> bool:
        """False where every difference was the same, so that the spread is unknown."""
        return self.high > self.low


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The standard error of what all pairs share, because it was measured apart from them."""

    error: float  # of the mean difference, in its unit
    df: int  # degrees of freedom


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """What N paired differences say about a margin; p-values are unadjusted."""

    n: int
    mean: float
    sd: float
    inner: Interval  # confidence 1 − 2α: inside the margin means equivalent
    outer: Interval  # confidence 1 − α
    p_equivalent: float  # of "the difference is at least the margin"
    p_material: float  # of "the difference is at most the margin", two-sided
    identical: bool  # every difference is the same: the spread is not estimated


def paired_test(
    differences: Sequence[float],
    *,
    margin: float,
    confidence: float,
    shared: Sequence[Shared] = (),
) -> PairedTest:
    """The paired t-test of at least three differences against ±`margin`, in their own unit."""
    n = len(differences)
    assert n >= MIN_PAIRS, f"{n} pairs allow no inference"
    values = np.asarray(differences, dtype=float)
    identical = bool(np.ptp(values) <= 1e-9)  # rounding of equal figures is no spread
    mean, sd = float(values.mean()), 0.0 if identical else float(values.std(ddof=1))
    error, df = _with_shared(sd / math.sqrt(n), n - 1, shared)
    above_low, above_high = _t(mean + margin, error), _t(mean - margin, error)
    law = stats.t(df)
    return PairedTest(
        n=n,
        mean=mean,
        sd=sd,
        inner=_interval(mean, error, df=df, confidence=2 * confidence - 1),
        outer=_interval(mean, error, df=df, confidence=confidence),
        p_equivalent=float(max(law.sf(above_low), law.cdf(above_high))),
        p_material=float(min(1.0, 2 * min(law.sf(above_high), law.cdf(above_low)))),
        identical=identical,
    )


def mean_interval(
    values: Sequence[float], *, confidence: float, shared: Sequence[Shared] = ()
) -> Interval:
    """The t-interval of the mean of at least two values."""
    array = np.asarray(values, dtype=float)
    own = float(array.std(ddof=1)) / math.sqrt(len(array))
    error, df = _with_shared(own, len(array) - 1, shared)
    return _interval(float(array.mean()), error, df=df, confidence=confidence)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment, in the order given."""
    adjusted = [0.0] * len(p_values)
    worst = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = worst
    return adjusted


def pairs_to_decide(test: PairedTest, *, margin: float, alpha: float) -> int | None:
    """The number of pairs that would settle the question four times in five, or None.

    Takes the observed mean as true and the SD at its upper confidence limit; None where even
    MAX_PAIRS would not be enough, because the difference is at the margin.
    """
    # the true SD exceeds s·√(df / χ²₀.₂(df)) in one pilot in five
    sd = test.sd * math.sqrt((test.n - 1) / stats.chi2.ppf(1 - SD_CONFIDENCE, test.n - 1))
    sizes = range(test.n + 1, MAX_PAIRS + 1)
    gap = abs(test.mean)

    def power(n: int) -> float:
        return _power(n, gap=gap, sd=sd, margin=margin, alpha=alpha)

    place = bisect_left(sizes, POWER, key=power)
    return sizes[place] if place < len(sizes) else None


def _power(n: int, *, gap: float, sd: float, margin: float, alpha: float) -> float:
    """The chance that N pairs show equivalence (gap inside the margin) or a material gap."""
    if sd == 0:
        return float(gap != margin)
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


def _t(distance: float, error: float) -> float:
    if error > 0:
        return distance / error
    return math.copysign(math.inf, distance) if distance else 0.0


def _with_shared(error: float, df: float, shared: Sequence[Shared]) -> tuple[float, float]:
    """The standard error with what is shared, and its degrees of freedom (Satterthwaite)."""
    parts = [(error**2, df), *((part.error**2, part.df) for part in shared)]
    variance = sum(square for square, _ in parts)
    if not shared or variance == 0:
        return error, df
    return math.sqrt(variance), variance**2 / sum(square**2 / own for square, own in parts)


def _interval(mean: float, error: float, *, df: float, confidence: float) -> Interval:
    half = float(stats.t.ppf((1 + confidence) / 2, df)) * error
    return Interval(low=mean - half, high=mean + half, confidence=confidence)
