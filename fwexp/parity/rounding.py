"""How far rounding alone takes two frameworks apart, and what is more than that."""

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Config
from fwexp.hardware.precision import PRECISIONS
from fwexp.models.initialization import Weights

# A reference starts from weights that one rounding sets apart. Two frameworks add up in different
# orders, which is a rounding in every sum.
FACTOR = 20.0
MANY = 32  # 8 · 32 = 256 roundings: the square root of 65,536 terms
LOST = 0.05  # where a reference is so far off, nothing can be told any more


def apart(state: Weights, config: Config) -> Weights:
    """The same with every weight one rounding of the precision away, up or down at random."""
    rng = np.random.default_rng(0)
    size = rounding(config)

    def move(array: NDArray[np.floating]) -> NDArray[np.floating]:
        signs = rng.choice([-size, size], array.shape)
        moved: NDArray[np.floating] = (array * (1 + signs)).astype(array.dtype)
        return moved

    return {name: array if "/" in name else move(array) for name, array in state.items()}


def rounding(config: Config) -> float:
    """The relative distance of neighbouring numbers at the run's precision."""
    return PRECISIONS[config.precision.name].rounding


def bound(noise: float, config: Config, *, over_samples: bool = False) -> float:
    """The most that rounding explains, where a reference differs by `noise`.

    A variance taken over all samples and pixels of a batch, tens of thousands of terms, rounds more
    than the reference shows.
    """
    return FACTOR * max(noise, least(config) * (MANY if over_samples else 1))


def least(config: Config) -> float:
    """The least noise that a sum of many terms has, however the reference fared."""
    return 8 * rounding(config)
