"""The pair in Keras, with the fault."""

import keras
from keras import layers, ops

from fwexp.models.keras_layers import BatchNorm

from .spec import Spec


def build(spec: Spec) -> keras.Model:
    def has(fault: str) -> bool:
        return spec.fault == fault

    inputs = keras.Input(spec.image_shape)
    mode = "symmetric" if has("border") else "constant"
    x = ops.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)), mode=mode)
    x = layers.Conv2D(spec.width, 3, use_bias=False, name="conv1")(x)
    epsilon = 1e-3 if has("epsilon") else 1e-5
    x = BatchNorm(0.9, epsilon, name="norm1")(x)
    x = layers.ReLU(negative_slope=0.01 if has("slope") else 0.0, name="relu1")(x)
    pad = "same" if has("same padding") else "valid"
    if pad == "valid":
        x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(spec.width, 3, strides=2, padding=pad, use_bias=False, name="conv2")(x)
    if has("flatten"):
        x = ops.transpose(x, (0, 3, 1, 2))
    head = layers.Dense(spec.num_classes, name="head")
    return keras.Model(inputs, head(layers.Flatten()(x)))
