"""Numbers as a reader sees them: few digits, a true minus sign, the unit beside them."""

import math
from statistics import fmean, stdev

from fwexp.evidence.statistics import Interval


def tell(value: float, *, digits: int = 3) -> str:
    """A figure of any size in about three significant digits."""
    if math.isinf(value):
        return "never"
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return signed(f"{value:,.{decimals}f}") if decimals <= 7 else signed(f"{value:.1e}")


def signed(text: str) -> str:
    """The text with a true minus sign."""
    return text.replace("-", "−")


def format_points(value: float) -> str:
    """A difference in points, always with its sign."""
    rounded = round(value, 2)
    return signed(f"{rounded:+.2f}") if rounded else "0.00"


def format_ratio(value: float) -> str:
    """A ratio in three significant digits."""
    return tell(value)


def format_interval(interval: Interval | None, *, ratio: bool) -> str:
    """Both ends of an interval; a dash where there is none."""
    if interval is None:
        return "–"
    shown = format_ratio if ratio else format_points
    return f"{shown(interval.low)} … {shown(interval.high)}"


def format_mean(values: list[float], *, percent: bool = False) -> str:
    """Mean ± standard deviation over runs; a dash where there are none."""
    if not values:
        return "–"
    missed = sum(math.isinf(value) for value in values)
    if missed:
        return f"{missed} of {len(values)} never"
    mean = fmean(values)
    shown = f"{mean:.2f}" if percent else tell(mean)
    if len(values) < 2:
        return shown
    spread = stdev(values)
    # the spread in the decimals of the mean, or it would claim more than the mean does
    decimals = len(shown.partition(".")[2])
    return f"{shown} ± {spread:,.{decimals}f}"


def percent(confidence: float) -> str:
    """A confidence as per cent."""
    return f"{100 * confidence:g} %"
