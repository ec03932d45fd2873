"""What a task decides for both frameworks alike."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

from fwexp.data.dataset import DataSet
from fwexp.tasks.metric import Metric

Inputs = Mapping[str, NDArray[Any]]
Predict = Callable[[Inputs], NDArray[Any]]  # a model's outputs in evaluation mode, as NumPy
Scores = dict[str, float]


class Task(Protocol):
    """The loss, the metrics and the unit of speed of one kind of data set."""

    @property
    def loss(self) -> str: ...  # a key of the trainers' LOSSES

    @property
    def metric(self) -> Metric: ...

    @property
    def unit(self) -> str: ...  # of throughput: images, tokens, samples

    def num_units(self, targets: NDArray[Any]) -> int:
        """How many units these samples' targets are."""
        ...

    def evaluate(self, predict: Predict, data: DataSet) -> Scores:
        """The headline metric and all others on the test set, by name; "loss" among them."""
        ...
