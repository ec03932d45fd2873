"""VGG-19 in Keras."""

import keras
from keras import layers

from fwexp.models.vgg19.spec import Spec


def build(spec: Spec) -> keras.Model:
    """(batch, height, width, channels) → logits (batch, num_classes)."""
    inputs = x = keras.Input(spec.image_shape)
    for c in spec.convolutions():
        x = layers.Conv2D(c.num_out, 3, padding="same", name=c.name)(x)
        x = layers.ReLU(name=c.relu)(x)
        if c.pool:
            x = layers.MaxPooling2D(2, name=c.pool)(x)
    x = layers.Flatten(name="flatten")(x)
    for i in (6, 7):
        x = layers.Dense(spec.dense_width, name=f"fc{i}")(x)
        x = layers.ReLU(name=f"relu{i}")(x)
    return keras.Model(inputs, layers.Dense(spec.num_classes, name="head")(x))
