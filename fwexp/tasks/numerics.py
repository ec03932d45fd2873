"""Losses from a model's outputs: the same NumPy code for both frameworks."""

import numpy as np
from numpy.typing import NDArray

from fwexp.data.tokens import IGNORED as IGNORED


def cross_entropy(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood in nats over the labels not ignored, computed in float64."""
    kept = labels != IGNORED
    chosen, wanted = logits[kept].astype(np.float64), labels[kept]
    shifted = chosen - chosen.max(axis=-1, keepdims=True)
    log_likelihood = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return float(-log_likelihood[np.arange(len(wanted)), wanted].mean())


def binary_cross_entropy(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood in nats of labels 0 and 1, computed in float64."""
    wide = logits.astype(np.float64)
    # log(1 + exp(x)) − label · x, written so that no exponential overflows
    each = np.maximum(wide, 0.0) - wide * labels + np.log1p(np.exp(-np.abs(wide)))
    return float(each.mean())


def mean_squared_error(outputs: NDArray[np.floating], targets: NDArray[np.floating]) -> float:
    """Mean over all values, computed in float64."""
    return float(np.square(outputs.astype(np.float64) - targets).mean())
