"""The input pipeline: arrays as tensors, batches gathered from them."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fwexp.tasks.task import Inputs
from fwexp.trainers.protocol import Recipe
from fwexp.trainers.replicas import num_replicas, rank, share

TensorBatch = tuple[list[Tensor], Tensor]  # the inputs, in the network's order, and the targets


class Pipeline:
    """The training set in memory; this rank's share of batch k is gathered when it is asked for."""

    def __init__(self, recipe: Recipe) -> None:
        self.inputs = as_tensors(recipe.data.train.inputs, recipe.dtype)
        self.targets = as_tensor(recipe.data.train.targets, recipe.dtype)
        of_all = num_replicas(recipe.config)
        own = share(recipe.order, replica=rank(recipe.config), num_replicas=of_all)
        self.order = torch.from_numpy(own)

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[TensorBatch]:
        for rows in self.order:
            yield [values[rows] for values in self.inputs], self.targets[rows]


def drain(batches: Pipeline, num_batches: int) -> float:
    """Draw that many batches; seconds per batch after the first."""
    drawn = iter(batches)
    next(drawn)
    started = time.perf_counter()
    for _ in range(num_batches - 1):
        next(drawn)
    return (time.perf_counter() - started) / max(1, num_batches - 1)


def as_tensors(inputs: Inputs, dtype: str) -> list[Tensor]:
    """The inputs in the order in which the network takes them."""
    return [as_tensor(array, dtype) for array in inputs.values()]


def as_tensor(array: NDArray[Any], dtype: str) -> Tensor:
    """An array as a tensor, real numbers in this dtype; images NHWC → NCHW, torch's layout.

    Always a copy, though some could share the array's memory: TensorFlow copies, too.
    """
    if array.dtype.kind != "f":
        return torch.from_numpy(array.copy())
    layout = array.transpose(0, 3, 1, 2) if array.ndim == 4 else array
    return torch.from_numpy(np.array(layout, dtype=dtype, order="C"))


def channels_last(values: Tensor) -> Tensor:
    """Images NCHW → NHWC; anything else as it is."""
    return values.permute(0, 2, 3, 1) if values.ndim == 4 else values
