"""One NumPy initialisation: its spread, its seed and its hash."""

import numpy as np
import pytest

from fwexp.models.cnn.spec import Spec as CnnSpec
from fwexp.models.initialization import generic_weights, initial_weights, weights_sha256
from fwexp.models.spec import Variable

CNN = CnnSpec(image_shape=(8, 8, 1), num_classes=10, width=4, depth=2)


def draw(shape: tuple[int, ...], initializer: str, *, seed: int = 0) -> np.ndarray:
    variables = {"w": Variable(shape=shape, initializer=initializer)}
    return initial_weights(variables, seed=seed)["w"]


@pytest.mark.parametrize(("shape", "fan_in"), [((300, 400), 300), ((3, 3, 64, 128), 3 * 3 * 64)])
def test_he_normal_has_the_spread_of_its_fan_in(shape, fan_in):
    weights = draw(shape, "he_normal")
    assert weights.std() == pytest.approx(np.sqrt(2 / fan_in), rel=0.01)
    assert abs(weights.mean()) < 0.01 * weights.std()


@pytest.mark.parametrize(
    ("shape", "fans"), [((300, 400), 300 + 400), ((3, 3, 64, 128), 9 * (64 + 128))]
)
def test_glorot_uniform_fills_its_limits(shape, fans):
    weights, limit = draw(shape, "glorot_uniform"), np.sqrt(6 / fans)
    assert np.abs(weights).max() <= limit
    assert np.abs(weights).max() == pytest.approx(limit, rel=0.001)
    assert weights.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)


def test_zeros_and_ones():
    assert draw((3,), "zeros").tolist() == [0, 0, 0]
    assert draw((3,), "ones").tolist() == [1, 1, 1]


def test_the_seed_decides_and_nothing_else():
    first, again, other = (initial_weights(CNN.variables(), seed=s) for s in (3, 3, 4))
    assert weights_sha256(first) == weights_sha256(again)
    assert not np.array_equal(first["conv0.kernel"], other["conv0.kernel"])
    assert first.keys() == CNN.variables().keys()
    assert {name: w.shape for name, w in first.items()} == {
        name: v.shape for name, v in CNN.variables().items()
    }


def test_generic_weights_hide_nothing():
    """No scale is 1 and no shift 0, and no statistic is either: a trap behind them would show."""
    for name, weights in generic_weights(CNN.variables(), seed=0).items():
        assert not np.isin(weights, (0.0, 1.0)).any(), name
        if name.endswith(("gamma", "beta", "bias", "moving_mean", "moving_variance")):
            assert weights.min() >= 0.5, name
            assert weights.max() <= 1.5, name
            assert weights.std() > 0, name


def test_the_hash_sees_names_shapes_and_values():
    weights = {"a": np.arange(6.0).reshape(2, 3), "b": np.ones(2)}
    changed = [
        {**weights, "a": weights["a"].reshape(3, 2)},
        {**weights, "b": np.array([1.0, 1.001])},
        {"a": weights["a"], "c": weights["b"]},
    ]
    hashes = {weights_sha256(w) for w in [weights, *changed]}
    assert len(hashes) == 4
    assert weights_sha256(dict(reversed(weights.items()))) == weights_sha256(weights)


def test_the_hash_is_of_float32_values():
    double = {"a": np.array([0.1])}
    assert weights_sha256(double) == weights_sha256({"a": np.array([0.1], dtype=np.float32)})
