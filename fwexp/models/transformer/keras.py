"""The decoder language model in Keras."""

import keras
from keras import layers

from fwexp.models.keras_attention import Positions, block, norm
from fwexp.models.keras_layers import wide_dtype
from fwexp.models.transformer.spec import Spec


def build(spec: Spec) -> keras.Model:
    """Tokens (batch, positions) → logits of the next token (batch, positions, vocabulary)."""
    wide, size, width = wide_dtype(), spec.vocabulary_size, spec.width
    inputs = keras.Input((spec.sequence_length,), dtype="int32")
    x = layers.Embedding(size, width, dtype=wide, name="tokens")(inputs)
    x = Positions(dtype=wide, name="positions")(x)
    for name in spec.block_names():
        x = block(x, num_heads=spec.num_heads, causal=True, name=name)
    x = norm(x, name="norm")
    return keras.Model(inputs, layers.Dense(size, use_bias=False, name="head")(x))
