"""Metrics from logits, the same NumPy code for either framework."""

import numpy as np
from numpy.typing import NDArray


def accuracy(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Share of samples whose largest logit is their label's, 0…1."""
    return float((logits.argmax(axis=1) == labels).mean())


def cross_entropy(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood in nats, computed in float64."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_likelihood = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_likelihood[np.arange(len(labels)), labels].mean())
