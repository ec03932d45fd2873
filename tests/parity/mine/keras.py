"""The user's model in Keras."""

import keras
from keras import layers

from fwexp.models.keras_layers import BatchNorm

from .spec import Spec


def build(spec: Spec) -> keras.Model:
    x = inputs = keras.Input(spec.image_shape)
    padding = "same" if spec.fault == "same padding" else "valid"
    if padding == "valid":
        x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(spec.width, 3, strides=2, padding=padding, name="first")(x)
    x = BatchNorm(0.9, 1e-5, name="norm")(x)
    x = layers.GlobalMaxPooling2D()(layers.ReLU()(x))
    head = layers.Dense(spec.num_classes, name="head")
    outputs = head(x)
    head.trainable = spec.fault != "frozen"
    return keras.Model(inputs, outputs)
