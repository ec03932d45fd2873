"""What a task decides for both frameworks, and the task that a data set names."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

from fwexp.config.dotted import load_dotted
from fwexp.config.schema import Data
from fwexp.data.dataset import DataSet
from fwexp.tasks.metric import Metric

# What both trainers can train on.
LOSSES = ("cross_entropy", "masked_cross_entropy", "binary_cross_entropy", "mean_squared_error")

Inputs = Mapping[str, NDArray[Any]]
Predict = Callable[[Inputs], NDArray[Any]]  # a model's outputs in evaluation mode, as NumPy
Scores = dict[str, float]


class Task(Protocol):
    """The loss, the metrics and the unit of throughput of one kind of data set.

    data.task names a class of this shape, whose constructor takes the declared Data. It may
    refuse them with a ConfigError.
    """

    @property
    def loss(self) -> str: ...  # one of LOSSES

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


def make_task(data: Data) -> Task:
    """The data set's task. Raises ConfigError where data.task names nothing."""
    task: Task = load_dotted(data.task, key=f"data.task={data.task}")(data)
    return task
