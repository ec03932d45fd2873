"""Metrics from logits."""

import math

import numpy as np

from fwexp.runs.metrics import accuracy, cross_entropy

LOGITS = np.array([[2.0, 0.0], [0.0, 1.0], [5.0, 4.0], [0.0, 3.0]])


def test_accuracy_is_the_share_whose_largest_logit_is_the_labels() -> None:
    assert accuracy(LOGITS, np.array([0, 1, 1, 1])) == 0.75


def test_cross_entropy_is_the_mean_negative_log_likelihood() -> None:
    wanted = np.mean([math.log1p(math.exp(-gap)) for gap in (2, 1, 1, 3)])
    assert math.isclose(cross_entropy(LOGITS, np.array([0, 1, 0, 1])), wanted, rel_tol=1e-12)


def test_cross_entropy_of_large_logits_does_not_overflow() -> None:
    logits = np.array([[1e4, 0.0], [0.0, 1e4]], dtype=np.float32)
    assert cross_entropy(logits, np.array([0, 0])) == 5000.0
