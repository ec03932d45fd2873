"""One NumPy initialisation, loaded into both frameworks."""

import hashlib
import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from fwexp.models.spec import Variable

Weights = dict[str, NDArray[np.floating]]
Shape = tuple[int, ...]


def _fan_in(shape: Shape) -> int:
    return math.prod(shape[:-1])  # 3 high * 3 wide * 32 channels in, of (3, 3, 32, 64)


def _he_normal(rng: np.random.Generator, shape: Shape) -> NDArray[np.float64]:
    return rng.normal(0.0, math.sqrt(2.0 / _fan_in(shape)), shape)


def _he_normal_depthwise(rng: np.random.Generator, shape: Shape) -> NDArray[np.float64]:
    """A channel's output depends on its own window only: 3 high * 3 wide, of (3, 3, 64, 1)."""
    return rng.normal(0.0, math.sqrt(2.0 / math.prod(shape[:2])), shape)


def _glorot_uniform(rng: np.random.Generator, shape: Shape) -> NDArray[np.float64]:
    receptive = math.prod(shape[:-2])
    limit = math.sqrt(6.0 / (receptive * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape)


INITIALIZERS: dict[str, Callable[[np.random.Generator, Shape], NDArray[np.float64]]] = {
    "he_normal": _he_normal,
    "he_normal_depthwise": _he_normal_depthwise,
    "glorot_uniform": _glorot_uniform,
    "normal_002": lambda rng, shape: rng.normal(0.0, 0.02, shape),  # embeddings, as GPT-2's
    "uniform": lambda rng, shape: rng.uniform(-1.0, 1.0, shape),  # the factor is the range
    "zeros": lambda _, shape: np.zeros(shape),
    "ones": lambda _, shape: np.ones(shape),
}


def initial_weights(variables: Mapping[str, Variable], *, seed: int) -> Weights:
    """Every variable's initial value, float64, the same for both frameworks."""
    rng = np.random.default_rng([seed, 0])  # 0: weights; 1: sample order
    return {
        name: v.factor * INITIALIZERS[v.initializer](rng, v.shape) for name, v in variables.items()
    }


def generic_weights(variables: Mapping[str, Variable], *, seed: int) -> Weights:
    """Values without the zeros and ones of scales, shifts and statistics, which could hide a
    difference between two implementations; kernels keep their initialiser's spread."""
    rng = np.random.default_rng([seed, 2])

    def draw(variable: Variable) -> NDArray[np.float64]:
        if variable.initializer in ("zeros", "ones"):
            return rng.uniform(0.5, 1.5, variable.shape)
        return variable.factor * INITIALIZERS[variable.initializer](rng, variable.shape)

    return {name: draw(variable) for name, variable in variables.items()}


def weights_sha256(weights: Mapping[str, NDArray[np.floating]]) -> str:
    """A hash of names, shapes and float32 values, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        array = np.ascontiguousarray(weights[name], dtype=np.float32)
        digest.update(f"{name} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
