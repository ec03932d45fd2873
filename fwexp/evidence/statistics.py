"""Paired t statistics: intervals, two one-sided tests, a sign test, and the N that is enough."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

MIN_PAIRS = 3  # below it nothing is inferred
MAX_PAIRS = 1000  # more seeds than anyone runs
# That the fewest and the most pairs named are enough, gaps at the margin among them, which none
# decides: of gaps half a margin from it, the most decide nine in ten (docs/proof/calibration.md).
CHANCES = (0.5, 0.65)
NARROW = 0.25  # margins
NONE = 1e-9  # rounding: a smaller difference is none
_QUANTILES = (np.arange(20) + 0.5) / 20  # over which chances are averaged


@dataclass(frozen=True, kw_only=True)
class Interval:
    low: float
    high: float
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The standard error of what all pairs share, because it was measured apart from them."""

    error: float  # of the mean difference, in its unit
    df: int  # degrees of freedom


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """What N paired differences say about a margin."""

    n: int
    mean: float
    sd: float  # at least `least_sd`
    inner: Interval  # confidence 1 − 2α: inside the margin means equivalent
    outer: Interval  # confidence 1 − α: beyond the margin means material
    p_equivalent: float  # of "the difference is at least the margin"
    p_material: float  # of "the difference is at most the margin", two-sided
    is_raised: bool  # the differences vary less than their figures can tell


def paired_test(
    differences: Sequence[float],
    *,
    margin: float,
    confidence: float,
    least_sd: float,
    shared: Sequence[Shared] = (),
) -> PairedTest:
    """The paired t-test of at least three differences against ±`margin`, in their own unit.

    `least_sd` is the least SD that they can have, as their figures are no finer. ValueError if one
    is not a finite number.
    """
    n = len(differences)
    assert n >= MIN_PAIRS, f"{n} pairs allow no inference"
    assert least_sd > 0, "without a spread everything is significant"
    values = np.asarray(differences, dtype=float)
    if not np.isfinite(values).all():
        raise ValueError(f"{values[~np.isfinite(values)][0]} is no difference to test")
    values = np.where(np.abs(values) <= NONE, 0.0, values)
    mean, own_sd = float(values.mean()), float(values.std(ddof=1))
    sd = max(own_sd, least_sd)
    error, df = _with_shared(sd / math.sqrt(n), n - 1, shared)
    above_low, above_high = (mean + margin) / error, (mean - margin) / error
    law = stats.t(df)
    return PairedTest(
        n=n,
        mean=mean,
        sd=sd,
        inner=_interval(mean, error, df=df, confidence=2 * confidence - 1),
        outer=_interval(mean, error, df=df, confidence=confidence),
        p_equivalent=float(max(law.sf(above_low), law.cdf(above_high))),
        p_material=float(min(1.0, 2 * min(law.sf(above_high), law.cdf(above_low)))),
        is_raised=own_sd < least_sd,
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


def mean_interval(
    values: Sequence[float], *, confidence: float, shared: Sequence[Shared] = ()
) -> Interval:
    """The t-interval of the mean of at least two values."""
    array = np.asarray(values, dtype=float)
    own = float(array.std(ddof=1)) / math.sqrt(len(array))
    error, df = _with_shared(own, len(array) - 1, shared)
    return _interval(float(array.mean()), error, df=df, confidence=confidence)


def prediction_interval(values: Sequence[float], *, confidence: float) -> Interval:
    """The t-interval of one more value like these, of which there are at least two."""
    array = np.asarray(values, dtype=float)
    error = float(array.std(ddof=1)) * math.sqrt(1 + 1 / len(array))
    return _interval(float(array.mean()), error, df=len(array) - 1, confidence=confidence)


def pairs_to_decide(test: PairedTest, *, margin: float, alpha: float) -> tuple[int, int] | None:
    """From how many to how many pairs would settle the question, at most MAX_PAIRS; None where no
    number would, because the gap is known to NARROW margins and still lies at the margin.

    The chances are averaged over what the pilot leaves open of the gap and of the SD: with the
    pilot's own figures taken as true, a third of the numbers named would be too small.
    """
    if test.inner.high - test.inner.low < 2 * NARROW * margin:
        return None
    few, many = (_enough(test, chance, margin=margin, alpha=alpha) for chance in CHANCES)
    return few, many


def _enough(test: PairedTest, chance: float, *, margin: float, alpha: float) -> int:
    sizes = range(test.n + 1, MAX_PAIRS)

    def power(n: int) -> float:
        return _power(n, test, margin=margin, alpha=alpha)

    return test.n + 1 + bisect_left(sizes, chance, key=power)


def _power(n: int, pilot: PairedTest, *, margin: float, alpha: float) -> float:
    """The chance that N pairs show equivalence or a material gap, if the SD and the gap are
    distributed as the pilot says with nothing known before: SD² as s²·df / χ², the gap given it
    as a normal of the pilot's mean."""
    df = pilot.n - 1
    sd = (pilot.sd * np.sqrt(df / special.chdtri(df, _QUANTILES)))[:, None]
    gap = pilot.mean + sd / math.sqrt(pilot.n) * special.ndtri(_QUANTILES)
    error = sd / math.sqrt(n)
    place = gap / error
    near = margin / error - special.stdtrit(n - 1, 1 - alpha)  # a mean nearer to 0 shows sameness
    far = margin / error + special.stdtrit(n - 1, 1 - alpha / 2)
    same = special.ndtr(near - place) - special.ndtr(-near - place)
    material = special.ndtr(place - far) + special.ndtr(-far - place)
    return float((np.maximum(same, 0) + material).mean())


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
