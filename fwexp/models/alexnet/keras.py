"""AlexNet in Keras."""

import keras
from keras import layers

from fwexp.models.alexnet.spec import POOL, POOL_STRIDE, Spec
from fwexp.models.keras_layers import padded


def build(spec: Spec) -> keras.Model:
    """(batch, height, width, channels) → logits (batch, num_classes)."""
    inputs = x = keras.Input(spec.image_shape)
    for c in spec.convolutions():
        x, padding = padded(x, c.size, stride=c.stride, padding=c.padding)
        x = layers.Conv2D(c.num_out, c.size, strides=c.stride, padding=padding, name=c.name)(x)
        x = layers.ReLU(name=c.relu)(x)
        if c.pool:
            x = layers.MaxPooling2D(POOL, POOL_STRIDE, name=c.pool)(x)
    x = layers.Flatten(name="flatten")(x)
    for i in (6, 7):
        x = layers.Dense(spec.dense_width, name=f"fc{i}")(x)
        x = layers.ReLU(name=f"relu{i}")(x)
    return keras.Model(inputs, layers.Dense(spec.num_classes, name="head")(x))
