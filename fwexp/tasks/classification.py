"""Which class is it? Trained on cross-entropy, judged by accuracy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data.dataset import DataSet
from fwexp.tasks.metric import Metric
from fwexp.tasks.numerics import cross_entropy
from fwexp.tasks.task import Predict, Scores


class Classification:
    """Outputs are logits (samples, classes), targets labels (samples,)."""

    loss = "cross_entropy"
    metric = Metric(
        name="accuracy",
        title="Accuracy on the test set",
        higher_is_better=True,
        comparison="points",
        points=100,
        unit="%",
    )

    def __init__(self, data: Data) -> None:
        self.unit = "samples" if data.image_shape is None else "images"

    def num_units(self, targets: NDArray[Any]) -> int:
        return len(targets)

    def evaluate(self, predict: Predict, data: DataSet) -> Scores:
        logits, labels = predict(data.test.inputs), data.test.targets
        return {"accuracy": accuracy(logits, labels), "loss": cross_entropy(logits, labels)}


def accuracy(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Share of samples whose largest logit is their label's, 0…1."""
    return float((logits.argmax(axis=-1) == labels).mean())
