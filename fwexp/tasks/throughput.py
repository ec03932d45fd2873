"""How fast is a training step? Trained on cross-entropy, on noise; judged by nothing but time."""

from typing import Any

from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data import DataSet
from fwexp.tasks.numerics import cross_entropy
from fwexp.tasks.task import Metric, Predict, Scores


class Throughput:
    """Outputs are logits (samples, classes), targets labels (samples,).

    The loss is recorded, since a run whose loss is no number has failed; it is no score, and is
    never compared. There is no accuracy: on noise it would be a number that looks like one.
    """

    loss = "cross_entropy"
    metric = Metric(
        name="loss",
        title="Loss on noise, which says nothing of a model",
        higher_is_better=False,
        comparison="ratio",
        compared=False,
    )

    def __init__(self, data: Data) -> None:
        self.unit = "samples" if data.image_shape is None else "images"

    def num_units(self, targets: NDArray[Any]) -> int:
        return len(targets)

    def evaluate(self, predict: Predict, data: DataSet) -> Scores:
        return {"loss": cross_entropy(predict(data.test.inputs), data.test.targets)}
