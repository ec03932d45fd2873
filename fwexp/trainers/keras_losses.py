"""The tasks' losses in Keras; the twin of torch_losses.py."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from fwexp.tasks.numerics import IGNORED


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over all labels, in nats; logits (…, classes), labels (…)."""
    return ops.mean(_each(logits, labels))


def masked_cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over the labels not ignored, in nats; logits (…, classes), labels (…)."""
    kept = ops.cast(ops.not_equal(labels, IGNORED), logits.dtype)
    return ops.sum(_each(logits, ops.maximum(labels, 0)) * kept) / ops.sum(kept)


def binary_cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over all labels 0 and 1, in nats; logits (…, 1), labels (…)."""
    wanted = ops.cast(labels, logits.dtype)
    return ops.mean(ops.binary_crossentropy(wanted, logits[..., 0], from_logits=True))


def mean_squared_error(outputs: Any, targets: Any) -> Any:
    """Mean over all values; outputs and targets of one shape."""
    return ops.mean(ops.square(outputs - targets))


def _each(logits: Any, labels: Any) -> Any:
    return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "cross_entropy": cross_entropy,
    "masked_cross_entropy": masked_cross_entropy,
    "binary_cross_entropy": binary_cross_entropy,
    "mean_squared_error": mean_squared_error,
}
