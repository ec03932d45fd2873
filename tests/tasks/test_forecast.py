"""MASE and MAE by hand, in the series' own unit, and the baseline to beat."""

import math

import numpy as np
import pytest

from fwexp.config.load import compose
from fwexp.data.dataset import DataSet, Split
from fwexp.tasks.forecast import Forecast, forecasts, seasonal_naive
from fwexp.tasks.task import make_task


def series(*, logarithmic: bool = False) -> DataSet:
    """Two forecasts of two values."""
    targets = np.array([[1, -1], [0, 2]], dtype=np.float32)
    part = Split(inputs={"x": np.zeros((2, 3), dtype=np.float32)}, targets=targets)
    extras = {
        "actual": np.array([[110.0, 90.0], [100.0, 120.0]]),
        "seasonal_naive": np.full((2, 2), 100.0),
        "target_scale": np.array([10.0]),
        "logarithmic": np.array([logarithmic], dtype=np.uint8),
        "mase_scale": np.array([8.0]),
    }
    return DataSet(
        name="small", train=part, test=part, sha256="", source="", licence="", extras=extras
    )


@pytest.fixture
def task() -> Forecast:
    made = make_task(compose(["data=electricity"]).data)
    assert isinstance(made, Forecast)
    return made


def test_errors_by_hand(task):
    outputs = np.array([[1, 0], [-1, 1]], dtype=np.float32)  # 110, 100, 90 and 110 foretold
    scores = task.evaluate(lambda _: outputs, series())
    # errors 0, 10, 10 and 10; squared, on the scale of the targets: 0, 1, 1 and 1
    assert scores == {"MASE": 7.5 / 8, "MAE": 7.5, "loss": 0.75}


def test_outputs_that_hit_the_targets_have_no_error(task):
    data = series()
    assert task.evaluate(lambda _: data.test.targets, data) == {"MASE": 0, "MAE": 0, "loss": 0}


def test_a_logarithmic_series_grows_by_shares():
    outputs = np.array([[0.0, math.log(2) / 10], [0.0, -math.log(2) / 10]])
    np.testing.assert_allclose(
        forecasts(outputs, series(logarithmic=True)), [[100, 200], [100, 50]], rtol=1e-12
    )


def test_the_baseline_says_each_season_again():
    assert seasonal_naive(series()) == {"MASE": 10 / 8, "MAE": 10}


def test_less_error_is_better_and_ratios_are_compared(task):
    assert (task.metric.name, task.metric.higher_is_better) == ("MASE", False)
    assert (task.metric.comparison, task.unit) == ("ratio", "samples")
    assert task.num_units(np.zeros((7, 24))) == 7
