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


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": cross_entropy,
    "masked_cross_entropy": masked_cross_entropy,
}
