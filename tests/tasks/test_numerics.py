"""Losses from logits."""

import math

import numpy as np
import pytest

from fwexp.tasks.numerics import IGNORED, cross_entropy

LOGITS = np.array([[2.0, 0.0], [0.0, 1.0], [5.0, 4.0], [0.0, 3.0]])


def test_cross_entropy_is_the_mean_negative_log_likelihood() -> None:
    wanted = np.mean([math.log1p(math.exp(-gap)) for gap in (2, 1, 1, 3)])
    assert math.isclose(cross_entropy(LOGITS, np.array([0, 1, 0, 1])), wanted, rel_tol=1e-12)


def test_cross_entropy_of_large_logits_does_not_overflow() -> None:
    logits = np.array([[1e4, 0.0], [0.0, 1e4]], dtype=np.float32)
    assert cross_entropy(logits, np.array([0, 0])) == 5000.0


def test_labels_to_be_ignored_count_neither_above_nor_below_the_line() -> None:
    """Two places of four count: log 3 against 0 is 3/4, 0 against 0 is 1/2."""
    logits = np.array([[[math.log(3), 0.0], [90.0, -90.0]], [[0.0, 0.0], [math.nan, 7.0]]])
    labels = np.array([[0, IGNORED], [1, IGNORED]])
    wanted = (math.log(4 / 3) + math.log(2)) / 2
    assert cross_entropy(logits, labels) == pytest.approx(wanted, rel=1e-12)
    everywhere = cross_entropy(logits[:, 0], labels[:, 0])
    assert everywhere == pytest.approx(wanted, rel=1e-12)


def test_float32_logits_are_summed_in_float64() -> None:
    logits = np.zeros((3, 2), dtype=np.float32)
    assert cross_entropy(logits, np.zeros(3, dtype=np.int64)) == math.log(2)
