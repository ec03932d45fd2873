"""TensorFlow's replicas, all in one process: the part of a batch's loss that each computes."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from fwexp.tasks.numerics import IGNORED
from fwexp.trainers.protocol import Recipe
from fwexp.trainers.replicas import MASKED, loss_weights, num_replicas

Predict = Callable[[list[tf.Tensor]], NDArray[Any]]
Part = Callable[[Any, str], Any]  # a replica's targets, and the dtype of its answer


def part_of_batch(recipe: Recipe) -> Part:
    """How much of the batch's loss a replica's mean is: the parts of all replicas sum to 1.

    Keras sums the replicas' gradients, and so the parts make them the batch's. Raises ConfigError
    as `loss_weights` does.
    """
    loss_weights(recipe, replica=0)
    return (
        part_that_counts if recipe.task.loss in MASKED else equal_part(num_replicas(recipe.config))
    )


def equal_part(num_replicas: int) -> Part:
    """Every share has as many labels."""
    return lambda _, dtype: ops.convert_to_tensor(1.0 / num_replicas, dtype=dtype)


def part_that_counts(targets: Any, dtype: str) -> Any:
    """By the labels that are not ignored: those here, of those in the whole batch."""
    here = ops.sum(ops.cast(ops.not_equal(targets, IGNORED), dtype))
    return here / sum_over_replicas(here)


def sum_over_replicas(value: Any) -> Any:
    """The sum of all replicas' values, at every replica."""
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def predict_by_first(model: keras.Model) -> Predict:
    """The first replica's outputs in evaluation mode; Keras's own predict joins those of all.

    All compute, since a TPU's cannot be asked alone, and at the same time.
    """
    strategy = model.distribute_strategy

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # it has no types
    def run(inputs: list[tf.Tensor]) -> Any:
        return strategy.run(model, args=(inputs,), kwargs={"training": False})

    def predict(inputs: list[tf.Tensor]) -> NDArray[Any]:
        first, *_ = strategy.experimental_local_results(run(inputs))
        outputs: NDArray[Any] = ops.convert_to_numpy(first)
        return outputs

    return predict
