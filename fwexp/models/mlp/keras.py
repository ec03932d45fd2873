"""The mlp in Keras."""

import keras
from keras import layers

from fwexp.models.mlp.spec import Spec


def build(spec: Spec) -> keras.Model:
    """(batch, height, width, channels) → logits (batch, num_classes)."""
    inputs = keras.Input(spec.image_shape)
    x = layers.Flatten(name="flatten")(inputs)
    for i in range(spec.depth):
        x = layers.Dense(spec.width, name=f"dense{i}")(x)
        x = layers.ReLU(name=f"relu{i}")(x)
    return keras.Model(inputs, layers.Dense(spec.num_classes, name="head")(x))
