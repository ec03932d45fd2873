"""Univariate series, cut into windows of past values and the future values to forecast.

A model forecasts what to add to the seasonal-naive forecast, which repeats the season before:
targets are seasonal differences, and an output of zero is the naive forecast itself. Past values
are relative to the mean of their last season. Both are divided by a standard deviation of the
training part alone, and rounded to six places so that the content is the same on every processor.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fwexp.data.arrays import Arrays
from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.reading import read_whole

_PLACES = 6

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Series:
    """Which file holds a series, and how it is cut; lengths count values."""

    file: str  # a CSV with a header; the values are its second column
    season: int
    num_past: int  # at least a season
    num_future: int  # at most a season
    num_test: int  # values at the end, never trained on
    test_stride: int  # values from one origin of a test forecast to the next
    logarithmic: bool = False  # multiplicative growth and seasons: its logarithm is forecast


AIRLINE = Series(
    file="Airline.csv",
    season=12,
    num_past=24,
    num_future=12,
    num_test=36,
    test_stride=1,
    logarithmic=True,
)
ELECTRICITY = Series(
    file="hourly_electricity.csv",
    season=24,
    num_past=14 * 24,
    num_future=24,
    num_test=365 * 24,
    test_stride=24,
)


def decode_airline(folder: Path) -> Arrays:
    """Two years of monthly passengers, and the year after them."""
    return cut(read_values(folder, series=AIRLINE), series=AIRLINE)


def decode_electricity(folder: Path) -> Arrays:
    """Two weeks of hourly consumption, and the day after them."""
    return cut(read_values(folder, series=ELECTRICITY), series=ELECTRICITY)


def read_values(folder: Path, *, series: Series) -> Values:
    """The series, from its first value on."""
    file = folder / series.file
    if not file.is_file():
        raise MissingFiles(folder, names=[series.file])
    try:
        text = io.StringIO(read_whole(file).decode())
        values = np.loadtxt(text, delimiter=",", skiprows=1, usecols=1, ndmin=1)
    except ValueError as error:
        raise DamagedFile(file, problem=f"is not a table of dates and numbers ({error})") from error
    lowest = 0.0 if series.logarithmic else -np.inf
    if not np.all(np.isfinite(values) & (values > lowest)):
        raise DamagedFile(file, problem="holds values that are impossible in this series")
    fewest = series.num_past + series.num_future + series.num_test
    if len(values) < fewest:
        raise DamagedFile(file, problem=f"holds {len(values)} values, fewer than {fewest}")
    return values


def cut(values: Values, *, series: Series) -> Arrays:
    """Windows x (samples, past) and targets y (samples, future), scaled; and, of the test, what
    turns outputs into forecasts in the series' own unit and judges them.

    Rolling origin: training has a window at every value, the test one at every `test_stride`.
    Test windows may look back into the training part, training targets never reach the test's.
    """
    train = values[: len(values) - series.num_test]
    first, last = series.num_past, len(values) - series.num_future
    train_origins = np.arange(first, len(train) - series.num_future + 1)
    test_origins = np.arange(len(train), last + 1, series.test_stride)
    told = np.log(values) if series.logarithmic else values
    x_scale = _rounded(told[: len(train)].std())
    y_scale = _rounded(_seasonal(told[: len(train)], series).std())
    naive = _ahead(values, test_origins - series.season, series)
    return {
        "x_train": _past(told, train_origins, series) / np.float32(x_scale),
        "y_train": _targets(told, train_origins, series) / np.float32(y_scale),
        "x_test": _past(told, test_origins, series) / np.float32(x_scale),
        "y_test": _targets(told, test_origins, series) / np.float32(y_scale),
        "actual": _ahead(values, test_origins, series),
        "seasonal_naive": naive,
        "target_scale": np.array([y_scale]),
        "logarithmic": np.array([series.logarithmic], dtype=np.uint8),
        "mase_scale": np.array([_rounded(np.abs(_seasonal(train, series)).mean())]),
    }


def _seasonal(values: Values, series: Series) -> Values:
    """The differences from one season before: the naive forecast's errors."""
    return values[series.season :] - values[: -series.season]


def _ahead(values: Values, origins: NDArray[np.int64], series: Series) -> Values:
    """The values from each origin on, (origins, future)."""
    ahead: Values = values[origins[:, np.newaxis] + np.arange(series.num_future)]
    return ahead


def _past(values: Values, origins: NDArray[np.int64], series: Series) -> NDArray[np.float32]:
    windows = values[origins[:, np.newaxis] + np.arange(-series.num_past, 0)]
    level = windows[:, -series.season :].mean(axis=1, keepdims=True)
    return _single(windows - level)


def _targets(values: Values, origins: NDArray[np.int64], series: Series) -> NDArray[np.float32]:
    ahead = _ahead(values, origins, series)
    before = _ahead(values, origins - series.season, series)
    return _single(ahead - before)


def _single(values: Values) -> NDArray[np.float32]:
    rounded: NDArray[np.float32] = np.round(values, _PLACES).astype(np.float32)
    return rounded


def _rounded(value: np.floating) -> float:
    return round(float(value), _PLACES)
