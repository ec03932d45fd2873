"""The tasks' losses in Keras; the twin of torch_losses.py."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from fwexp.tasks.numerics import IGNORED


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over the labels not ignored, in nats; logits (…, classes), labels (…)."""
    kept = ops.cast(ops.not_equal(labels, IGNORED), logits.dtype)
    safe = ops.maximum(labels, 0)
    each = keras.losses.sparse_categorical_crossentropy(safe, logits, from_logits=True)
    return ops.sum(each * kept) / ops.sum(kept)


LOSSES: dict[str, Callable[[Any, Any], Any]] = {"cross_entropy": cross_entropy}
