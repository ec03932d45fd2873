"""The encoder classifier in Keras."""

from typing import Any

import keras
from keras import layers, ops

from fwexp.models.encoder.spec import Spec
from fwexp.models.keras_attention import Positions, block, norm
from fwexp.models.keras_layers import wide_dtype


class Cut(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Images (batch, height, width, channels) → patches (batch, positions, pixels · channels)."""

    def __init__(self, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def call(self, x: Any) -> Any:
        size = self.size
        _, height, width, channels = x.shape
        rows = ops.reshape(x, (-1, height // size, size, width // size, size, channels))
        patches = ops.transpose(rows, (0, 1, 3, 2, 4, 5))
        return ops.reshape(patches, (-1, height * width // size**2, size**2 * channels))


def build(spec: Spec) -> keras.Model:
    """Images or tokens → logits (batch, num_classes)."""
    wide = wide_dtype()
    if spec.image_shape is None:
        inputs = keras.Input((spec.sequence_length,), dtype="int32")
        embedding = layers.Embedding(spec.vocabulary_size, spec.width, dtype=wide, name="tokens")
        x = embedding(inputs)
    else:
        inputs = keras.Input(spec.image_shape)
        x = layers.Dense(spec.width, name="patches")(Cut(spec.patch_size)(inputs))
    x = Positions(dtype=wide, name="positions")(x)
    for name in spec.block_names():
        x = block(x, num_heads=spec.num_heads, causal=False, name=name)
    x = layers.GlobalAveragePooling1D(dtype=wide, name="mean")(norm(x, name="norm"))
    return keras.Model(inputs, layers.Dense(spec.num_classes, name="head")(x))
