"""The tasks' losses in PyTorch; the twin of keras_losses.py."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

from fwexp.tasks.numerics import IGNORED


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean over all labels, in nats; logits (…, classes), labels (…)."""
    return functional.cross_entropy(logits.flatten(0, -2), labels.flatten())


def masked_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean over the labels not ignored, in nats; logits (…, classes), labels (…)."""
    return functional.cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=IGNORED)


def binary_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean over all labels 0 and 1, in nats; logits (…, 1), labels (…)."""
    return functional.binary_cross_entropy_with_logits(logits[..., 0], labels.to(logits.dtype))


def mean_squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over all values; outputs and targets of one shape."""
    return functional.mse_loss(outputs, targets)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": cross_entropy,
    "masked_cross_entropy": masked_cross_entropy,
    "binary_cross_entropy": binary_cross_entropy,
    "mean_squared_error": mean_squared_error,
}
