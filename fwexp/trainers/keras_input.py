"""The input pipeline: arrays as tensors, batches gathered from them."""

import time
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from fwexp.tasks.task import Inputs
from fwexp.trainers.protocol import Recipe

ALIGNMENT = 64  # bytes: what TensorFlow asks of a tensor's memory


def pipeline(recipe: Recipe) -> tf.data.Dataset:
    """The training set in memory; batch k is gathered when Model.fit asks for it."""
    inputs = as_tensors(recipe.data.train.inputs, recipe.dtype)
    targets = as_tensor(recipe.data.train.targets, recipe.dtype)
    options = tf.data.Options()
    options.autotune.enabled = False  # no worker and no read-ahead: torch's side has none
    # The rewriting of the graph finds nothing here, but copies the whole training set to do so.
    options.experimental_optimization.apply_default_optimizations = False
    rows = tf.data.Dataset.from_tensor_slices(recipe.order)
    batches = rows.map(lambda i: (tuple(tf.gather(x, i) for x in inputs), tf.gather(targets, i)))
    return batches.with_options(options)


def drain(batches: tf.data.Dataset, num_batches: int) -> float:
    """Draw that many batches; seconds per batch after the first."""
    drawn = iter(batches)
    for count in (0, 1):  # a tf.function is traced at its first call and at its second
        _draw(drawn, tf.constant(count))
    started = time.perf_counter()
    _draw(drawn, tf.constant(num_batches - 1))
    return (time.perf_counter() - started) / max(1, num_batches - 1)


@tf.function  # type: ignore[untyped-decorator]  # TensorFlow has no types
def _draw(batches: Any, num_batches: Any) -> None:
    for _ in tf.range(num_batches):  # in the graph, as Model.fit draws them
        next(batches)


def as_tensors(inputs: Inputs, dtype: str) -> list[tf.Tensor]:
    """The inputs in the order in which the network takes them."""
    return [as_tensor(array, dtype) for array in inputs.values()]


def as_tensor(array: NDArray[Any], dtype: str) -> tf.Tensor:
    """A copy of the array on the host, real numbers in this dtype: where batches are gathered.

    One copy, where tf.constant would make two.
    """
    kind = np.dtype(dtype) if array.dtype.kind == "f" else array.dtype
    num_bytes = array.size * kind.itemsize
    room = np.empty(num_bytes + ALIGNMENT, dtype=np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    aligned = room[start : start + num_bytes].view(kind).reshape(array.shape)
    aligned[...] = array
    return tf.experimental.dlpack.from_dlpack(aligned.__dlpack__())
