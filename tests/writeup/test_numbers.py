"""Numbers as a reader sees them."""

import math

import pytest

from fwexp.evidence.statistics import Interval
from fwexp.writeup.numbers import format_interval, format_mean, format_points, percent, tell


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.828, "0.828"),
        (1.5, "1.50"),
        (12.34, "12.3"),
        (123.4, "123"),
        (15712.0, "15,712"),
        (-0.5, "−0.500"),
        (0.0, "0"),
        (math.inf, "never"),
        (0.0000000123, "1.2e−08"),
    ],
)
def test_three_significant_digits(value: float, told: str) -> None:
    assert tell(value) == told


@pytest.mark.parametrize(("value", "told"), [(0.085, "+0.09"), (-3.2, "−3.20"), (-0.001, "0.00")])
def test_points_carry_their_sign(value: float, told: str) -> None:
    assert format_points(value) == told


def test_a_mean_has_its_spread_in_its_own_decimals() -> None:
    assert format_mean([1.0, 1.2, 1.4]) == "1.20 ± 0.20"
    assert format_mean([95.0, 95.5], percent=True) == "95.25 ± 0.35"
    assert format_mean([]) == "–"
    assert format_mean([1.0, math.inf]) == "1 of 2 never"


def test_intervals() -> None:
    interval = Interval(low=-0.7, high=0.4, confidence=0.9)
    assert format_interval(interval, ratio=False) == "−0.70 … +0.40"
    assert format_interval(None, ratio=True) == "–"
    assert percent(0.95) == "95 %"
