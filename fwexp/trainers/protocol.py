"""What both trainers are given, and what they give back."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Config
from fwexp.data.dataset import DataSet
from fwexp.models.initialization import Weights
from fwexp.models.spec import Spec
from fwexp.store.record import Effective
from fwexp.tasks.task import Inputs, Task

Batch = tuple[dict[str, NDArray[Any]], NDArray[Any]]  # inputs by name, and targets


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training, fully determined: nothing in it is left to a framework's defaults."""

    config: Config
    spec: Spec
    task: Task
    data: DataSet
    weights: Weights  # the initial ones, by the spec's names
    order: NDArray[np.int64]  # (steps, batch): training samples, in the order they are used
    learning_rates: NDArray[np.float64]  # (steps,)
    dtype: str = "float32"  # of weights and real inputs; "float64" for the parity certificate


class Observer(Protocol):
    """Called by the trainer around every optimizer step of `fit`; steps count from 0, those before
    `first_step` included."""

    def before_step(self, step: int) -> None: ...

    def after_step(self, step: int) -> None: ...


class Trainer(Protocol):
    """A model, its optimizer and its framework's own training loop."""

    def fit(self, observer: Observer, *, first_step: int = 0) -> None:
        """Train through the recipe's order from that step on, in the framework's own `fit`.

        Called once; the steps before `first_step` are another process's, whose save this trainer
        has restored.
        """
        ...

    def losses(self) -> list[float]:
        """The training loss of each step that this trainer made, on its own batch."""
        ...

    def save(self, folder: Path) -> None:
        """Write all that decides the rest of the training: weights, buffers, the optimizer's slots
        and counts, loss scale, the framework's random state."""
        ...

    def restore(self, folder: Path) -> None:
        """Take over what `save` wrote, before `fit`: the next step is then as it would have been
        there, to the last bit on a CPU of the same kind with as many threads."""
        ...

    def predict(self, inputs: Inputs) -> NDArray[Any]:
        """The model's outputs for these samples, in evaluation mode."""
        ...

    def batches(self) -> Iterator[Batch]:
        """The batches as the input pipeline hands them to `fit`; images are NHWC."""
        ...

    def drain(self, num_batches: int) -> float:
        """Draw that many batches from the input pipeline; seconds a batch after the first.

        The first, before which the pipeline opens, is drawn but not timed: `fit` opens it once.
        """
        ...

    def state(self) -> Weights:
        """Weights, buffers and optimizer slots ("conv0.kernel/momentum"), by the spec's names."""
        ...

    def load_state(self, state: Weights, *, step: int | None = None) -> None:
        """Overwrite weights, buffers and optimizer slots; slots left out stay as they are.

        With a step, the next one is made as that one of the training, counted from 0: with its
        learning rate and the optimizer's count, and slots left out are zero.
        """
        ...

    def synchronize(self) -> None:
        """Wait until the device has done all it was given."""
        ...

    def effective(self) -> Effective:
        """What was really used; known after the first step."""
        ...
