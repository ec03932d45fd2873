"""How two arrays may be alike though they differ; with zeros, constants and few numbers, too."""

import numpy as np
import pytest

from fwexp.parity.likeness import are_scaled_by_channel, are_shares, are_zeroed, grow_alike

RNG = np.random.default_rng(0)
X = RNG.normal(size=(16, 4))
KEPT = RNG.random(X.shape) < 0.5


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (np.maximum(X, 0), True),
        (np.tanh(X), True),
        (np.where(X > 0, X, X / 10), True),
        (-X, False),
        (X + 0.1 * RNG.normal(size=X.shape), False),
    ],
)
def test_growing_alike(theirs: np.ndarray, expected: bool) -> None:
    assert grow_alike(X, theirs) is expected
    assert grow_alike(theirs, X) is expected


def test_few_numbers_are_in_order_by_chance() -> None:
    assert not grow_alike(X[:1], np.tanh(X[:1]))


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (np.where(KEPT, 2 * X, 0), True),
        (np.where(KEPT, X / 0.9, 0), True),
        (np.where(KEPT, X, 0), False),  # as relu does: what is kept is kept as it is
        (2 * X, False),
        (np.zeros_like(X), False),
        (np.where(KEPT, X**3, 0), False),
    ],
)
def test_zeroed(theirs: np.ndarray, expected: bool) -> None:
    assert are_zeroed(X, theirs) is expected


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (X * [1, 2, 3, 4] + [4, 3, 2, 1], True),
        (X + 1, True),
        (X**3, False),
        (X * np.arange(16)[:, None], False),
    ],
)
def test_scaled_by_channel(theirs: np.ndarray, expected: bool) -> None:
    assert are_scaled_by_channel(X, theirs) is expected


def test_a_constant_channel_divides_by_nothing() -> None:
    assert are_scaled_by_channel(np.ones((4, 2)), np.full((4, 2), 3.0))


@pytest.mark.parametrize(
    ("array", "expected"),
    [([[0.2, 0.8], [1.0, 0.0]], True), ([[1.2, -0.2]], False), ([[0.2, 0.3]], False)],
)
def test_shares(array: list[list[float]], expected: bool) -> None:
    assert are_shares(np.array(array)) is expected
