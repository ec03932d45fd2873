"""A pre-norm transformer block in Keras, as attention.py specifies it."""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from fwexp.models.attention import EXPANSION, NORM_EPSILON
from fwexp.models.keras_layers import wide_dtype


class Positions(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """(batch, positions, width) → the same, plus a learned vector for each position."""

    def build(self, input_shape: Any) -> None:
        self.table = self.add_weight(name="table", shape=input_shape[1:])

    def call(self, x: Any) -> Any:
        return x + self.table


class Attend(layers.Layer):  # type: ignore[misc]
    """Query, key and value, each (batch, positions, width) → (batch, positions, width)."""

    def __init__(self, num_heads: int, *, causal: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.causal = causal

    def call(self, query: Any, key: Any, value: Any) -> Any:
        q, k, v = (self._heads(x) for x in (query, key, value))
        scores = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2)))
        scores = ops.cast(scores, keras.backend.result_type(scores.dtype, "float32"))
        scores = scores * _constant(1.0 / math.sqrt(q.shape[-1]), scores)
        if self.causal:
            allowed = np.tri(query.shape[1], dtype=bool)
            scores = ops.where(allowed, scores, _constant(-math.inf, scores))
        shares = ops.cast(ops.softmax(scores, axis=-1), v.dtype)
        together = ops.transpose(ops.matmul(shares, v), (0, 2, 1, 3))
        return ops.reshape(together, (-1, *query.shape[1:]))

    def _heads(self, x: Any) -> Any:
        """(batch, positions, width) → (batch, heads, positions, width of a head)."""
        _, num_positions, width = x.shape
        split = ops.reshape(x, (-1, num_positions, self.num_heads, width // self.num_heads))
        return ops.transpose(split, (0, 2, 1, 3))


class Gelu(layers.Layer):  # type: ignore[misc]
    """x · Φ(x) by erf. Keras's own rounds √2 to float32."""

    def call(self, x: Any) -> Any:
        wide = ops.cast(x, keras.backend.result_type(x.dtype, "float32"))
        half, root = _constant(0.5, wide), _constant(math.sqrt(0.5), wide)
        return ops.cast(wide * half * (1.0 + ops.erf(wide * root)), x.dtype)


def block(x: Any, *, num_heads: int, causal: bool, name: str) -> Any:
    """(batch, positions, width) → the same, by attention and a two-layer perceptron."""
    wide, width = wide_dtype(), x.shape[-1]
    y = norm(x, name=f"{name}.norm1")
    query = layers.Dense(width, name=f"{name}.query")(y)
    key = layers.Dense(width, use_bias=False, name=f"{name}.key")(y)
    value = layers.Dense(width, name=f"{name}.value")(y)
    y = Attend(num_heads, causal=causal, name=f"{name}.attend")(query, key, value)
    y = layers.Dense(width, name=f"{name}.output")(y)
    x = layers.Add(dtype=wide)([x, y])
    y = norm(x, name=f"{name}.norm2")
    y = layers.Dense(EXPANSION * width, name=f"{name}.expand")(y)
    y = Gelu(name=f"{name}.gelu")(y)
    y = layers.Dense(width, name=f"{name}.contract")(y)
    return layers.Add(dtype=wide, name=name)([x, y])


def norm(x: Any, *, name: str) -> Any:
    """LayerNorm over the last axis."""
    layer = layers.LayerNormalization(epsilon=NORM_EPSILON, dtype=wide_dtype(), name=name)
    return layer(x)


def _constant(value: float, like: Any) -> Any:
    return ops.convert_to_tensor(value, dtype=like.dtype)
