"""Ratios of two ways of doing the same, measured side by side in one run."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fwexp.evidence.statistics import mean_interval

CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """The geometric mean of paired ratios; `low` and `high` are None for a single pair."""

    n: int
    mean: float
    low: float | None
    high: float | None

    def words(self) -> str:
        if self.low is None:
            return f"{self.mean:.3f} (one pair, no interval)"
        return f"{self.mean:.3f} ({self.low:.3f} … {self.high:.3f}, {self.n} pairs)"

    def worst(self) -> float:
        """The interval's upper end, or the ratio itself where there is none."""
        return self.mean if self.high is None else self.high


def paired_ratio(over: Sequence[float], under: Sequence[float]) -> Ratio:
    """over / under, pair by pair, with the paired t-interval of the logarithms."""
    logs = np.log(np.asarray(over) / np.asarray(under))
    n, mean = len(logs), math.exp(float(logs.mean()))
    if n < 2:
        return Ratio(n=n, mean=mean, low=None, high=None)
    interval = mean_interval(logs.tolist(), confidence=CONFIDENCE)
    return Ratio(n=n, mean=mean, low=math.exp(interval.low), high=math.exp(interval.high))


def interleave(
    ways: Mapping[str, Callable[[], float]], *, num_rounds: int
) -> dict[str, list[float]]:
    """Each way's figure in each round; every round starts with another way, and turns about."""
    figures: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(num_rounds):
        shift = (number // 2) % len(names)
        order = names[shift:] + names[:shift]
        for name in order if number % 2 == 0 else reversed(order):
            figures[name].append(ways[name]())
    return figures
