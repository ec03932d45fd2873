"""The Keras half, written by hand: a layer for each of Hugging Face's, under its name.

Every constant is made in its tensor's own dtype, so that nothing computes in float32 inside
float64.
"""

import math

import keras
import numpy as np
from keras import layers, ops

from .spec import Spec

EPSILON = 1e-5  # GPT2Config's layer_norm_epsilon


class Positions(layers.Layer):
    """(batch, positions, width) → the same, plus a learned vector for each position."""

    def build(self, input_shape):
        self.embeddings = self.add_weight(name="embeddings", shape=input_shape[1:])

    def call(self, x):
        return x + self.embeddings


class Attention(layers.Layer):
    """Queries, keys and values joined (batch, positions, 3 · width) → (batch, positions, width)."""

    def __init__(self, num_heads, **kwargs):
        super().__init__(**kwargs)
        self.num_heads = num_heads

    def call(self, qkv):
        _, num_positions, width = qkv.shape
        head = width // 3 // self.num_heads
        split = ops.reshape(qkv, (-1, num_positions, 3, self.num_heads, head))
        q, k, v = ops.unstack(ops.transpose(split, (2, 0, 3, 1, 4)), 3)
        scores = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2)))
        scores = scores * constant(1.0 / math.sqrt(head), scores)
        allowed = np.tri(num_positions, dtype=bool)
        scores = ops.where(allowed, scores, constant(-math.inf, scores))
        together = ops.transpose(ops.matmul(ops.softmax(scores), v), (0, 2, 1, 3))
        return ops.reshape(together, (-1, num_positions, width // 3))


class NewGelu(layers.Layer):
    """GPT-2's gelu: the tanh form."""

    def call(self, x):
        inner = constant(math.sqrt(2 / math.pi), x) * (x + constant(0.044715, x) * x * x * x)
        return constant(0.5, x) * x * (1.0 + ops.tanh(inner))


def build(spec: Spec) -> keras.Model:
    """Tokens (batch, positions) → logits (batch, positions, vocabulary)."""
    inputs = keras.Input((spec.sequence_length,), dtype="int32")
    x = layers.Embedding(spec.vocabulary_size, spec.width, name="transformer.wte")(inputs)
    x = Positions(name="transformer.wpe")(x)
    for i in range(spec.depth):
        x = block(x, spec, f"transformer.h.{i}")
    x = norm("transformer.ln_f")(x)
    logits = layers.Dense(spec.vocabulary_size, use_bias=False, name="lm_head")(x)
    return keras.Model(inputs, logits)


def block(x, spec, name):
    y = norm(f"{name}.ln_1")(x)
    y = layers.Dense(3 * spec.width, name=f"{name}.attn.c_attn")(y)
    y = Attention(spec.num_heads)(y)
    y = layers.Dense(spec.width, name=f"{name}.attn.c_proj")(y)
    x = layers.Add()([x, y])
    y = norm(f"{name}.ln_2")(x)
    y = layers.Dense(4 * spec.width, name=f"{name}.mlp.c_fc")(y)
    y = NewGelu(name=f"{name}.mlp.act")(y)
    y = layers.Dense(spec.width, name=f"{name}.mlp.c_proj")(y)
    return layers.Add(name=name)([x, y])


def norm(name):
    return layers.LayerNormalization(epsilon=EPSILON, name=name)


def constant(value, like):
    return ops.convert_to_tensor(value, dtype=like.dtype)
