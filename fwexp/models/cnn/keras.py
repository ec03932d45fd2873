"""The cnn in Keras."""

import keras
from keras import layers

from fwexp.models.cnn.spec import Spec
from fwexp.models.keras_layers import BatchNorm


def build(spec: Spec) -> keras.Model:
    """(batch, height, width, channels) → logits (batch, num_classes)."""
    inputs = x = keras.Input(spec.image_shape)
    for i, channels in enumerate(spec.channels()[1:]):
        x = layers.ZeroPadding2D(1, name=f"pad{i}")(x)
        x = layers.Conv2D(channels, 3, strides=2, use_bias=False, name=f"conv{i}")(x)
        x = BatchNorm(spec.norm_momentum, spec.norm_epsilon, name=f"norm{i}")(x)
        x = layers.ReLU(name=f"relu{i}")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(inputs, layers.Dense(spec.num_classes, name="head")(x))
