"""How fast is a training step? Trained like another task, judged by time alone."""

from typing import Any

from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data.dataset import DataSet
from fwexp.tasks.classification import Classification
from fwexp.tasks.metric import Metric
from fwexp.tasks.numerics import binary_cross_entropy, cross_entropy
from fwexp.tasks.recommendation import Recommendation
from fwexp.tasks.task import Predict, Scores, Task
from fwexp.tasks.translation import Translation


class Throughput:
    """Outputs, targets, training loss and unit are those of classification.

    The loss is recorded, since a run whose loss is NaN has failed; it is not a score and is never
    compared. There is no accuracy: on noise it would only look like one.
    """

    metric = Metric(
        name="loss",
        title="Loss on noise, which says nothing about a model",
        higher_is_better=False,
        comparison="ratio",
        compared=False,
    )

    def __init__(self, data: Data) -> None:
        self._like = self.like(data)
        self.loss = self._like.loss
        self.unit = self._like.unit

    def like(self, data: Data) -> Task:
        """The task that this one trains as."""
        return Classification(data)

    def num_units(self, targets: NDArray[Any]) -> int:
        return self._like.num_units(targets)

    def evaluate(self, predict: Predict, data: DataSet) -> Scores:
        return {"loss": self.mean_loss(predict(data.test.inputs), data.test.targets)}

    def mean_loss(self, outputs: NDArray[Any], targets: NDArray[Any]) -> float:
        """In nats, by the same NumPy code as the task that this one trains as."""
        return cross_entropy(outputs, targets)


class TranslationThroughput(Throughput):
    """Trains as translation; evaluates by one forward pass, without translating: no BLEU."""

    def like(self, data: Data) -> Task:
        return Translation(data)


class RecommendationThroughput(Throughput):
    """Trains as recommendation, without its candidates and so without a hit rate."""

    def like(self, data: Data) -> Task:
        return Recommendation(data)

    def mean_loss(self, outputs: NDArray[Any], targets: NDArray[Any]) -> float:
        return binary_cross_entropy(outputs[:, 0], targets)
