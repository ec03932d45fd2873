"""The ncf in Keras."""

import keras
from keras import layers

from fwexp.models.keras_layers import wide_dtype
from fwexp.models.ncf.spec import Spec


def build(spec: Spec) -> keras.Model:
    """Users and items, each (batch,), → logits (batch, 1)."""
    wide = wide_dtype()  # torch's autocast leaves embeddings as they are, and what joins them
    inputs = [keras.Input((), dtype="int32", name=name) for name in ("user", "item")]
    embedded = {
        name: layers.Embedding(*shape, dtype=wide, name=name)(inputs[name.endswith("item")])
        for name, shape in spec.embeddings().items()
    }
    pair = [embedded["factor_user"], embedded["factor_item"]]
    factors = layers.Multiply(dtype=wide, name="product")(pair)
    x = layers.Concatenate(dtype=wide)([embedded["tower_user"], embedded["tower_item"]])
    for i, size in enumerate(spec.sizes()[1:]):
        x = layers.Dense(size, name=f"dense{i}")(x)
        x = layers.ReLU(name=f"relu{i}")(x)
    x = layers.Concatenate(dtype=wide)([factors, x])
    return keras.Model(inputs, layers.Dense(1, name="head")(x))
