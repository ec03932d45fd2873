"""Losses from a model's outputs, the same NumPy code for either framework."""

import numpy as np
from numpy.typing import NDArray

IGNORED = -1  # the target of a padded place, which counts neither in a loss nor in a metric


def cross_entropy(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood in nats over the labels not ignored, computed in float64."""
    kept = labels != IGNORED
    chosen, wanted = logits[kept].astype(np.float64), labels[kept]
    shifted = chosen - chosen.max(axis=-1, keepdims=True)
    log_likelihood = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return float(-log_likelihood[np.arange(len(wanted)), wanted].mean())
