"""Which values come next? Trained on squared errors, judged against the seasonal-naive forecast."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data.dataset import DataSet
from fwexp.tasks.metric import Metric
from fwexp.tasks.numerics import mean_squared_error
from fwexp.tasks.task import Predict, Scores


class Forecast:
    """Outputs and targets are scaled seasonal differences, (samples, future values).

    MASE (Hyndman and Koehler, 2006) is the mean absolute error in the series' unit, divided by that
    of the seasonal-naive forecast in the training part.
    """

    loss = "mean_squared_error"
    unit = "samples"
    metric = Metric(
        name="MASE",
        title="Error on the test part, in seasonal-naive errors of the training part",
        higher_is_better=False,
        comparison="ratio",
    )

    def __init__(self, data: Data) -> None:
        del data  # nothing in it changes the task

    def num_units(self, targets: NDArray[Any]) -> int:
        return len(targets)

    def evaluate(self, predict: Predict, data: DataSet) -> Scores:
        outputs = predict(data.test.inputs)
        loss = mean_squared_error(outputs, data.test.targets)
        return forecast_scores(outputs, data) | {"loss": loss}


def forecast_scores(outputs: NDArray[Any], data: DataSet) -> Scores:
    """MASE, and the mean absolute error in the series' own unit."""
    error = float(np.abs(forecasts(outputs, data) - data.extras["actual"]).mean())
    return {"MASE": error / float(data.extras["mase_scale"][0]), "MAE": error}


def forecasts(outputs: NDArray[Any], data: DataSet) -> NDArray[np.float64]:
    """The forecasts of the test values, in the series' own unit, computed in float64."""
    naive, scale = data.extras["seasonal_naive"], data.extras["target_scale"][0]
    change: NDArray[np.float64] = outputs.astype(np.float64) * scale
    told: NDArray[np.float64]
    told = naive * np.exp(change) if data.extras["logarithmic"][0] else naive + change
    return told


def seasonal_naive(data: DataSet) -> Scores:
    """The baseline: the test scores if each season repeats the one before."""
    return forecast_scores(np.zeros(data.extras["seasonal_naive"].shape), data)
