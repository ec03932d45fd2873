"""MobileNet in Keras."""

from typing import Any

import keras
from keras import layers

from fwexp.models.keras_layers import BatchNorm, padded
from fwexp.models.mobilenet.spec import Separable, Spec


def build(spec: Spec) -> keras.Model:
    """(batch, height, width, channels) → logits (batch, num_classes)."""
    inputs = keras.Input(spec.image_shape)
    x, padding = padded(inputs, 3, stride=spec.stem_stride, padding=1)
    x = layers.Conv2D(
        spec.width, 3, strides=spec.stem_stride, padding=padding, use_bias=False, name="conv"
    )(x)
    x = layers.ReLU(max_value=6, name="relu")(norm(x, spec, name="norm"))
    for block in spec.separables():
        x = separable(x, block, spec)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(inputs, layers.Dense(spec.num_classes, name="head")(x))


def separable(x: Any, block: Separable, spec: Spec) -> Any:
    """(batch, height, width, channels in) → (batch, height / stride, …, channels out)."""
    depthwise, pointwise = f"{block.name}.depthwise", f"{block.name}.pointwise"
    x, padding = padded(x, 3, stride=block.stride, padding=1)
    x = layers.DepthwiseConv2D(
        3, strides=block.stride, padding=padding, use_bias=False, name=depthwise
    )(x)
    x = layers.ReLU(max_value=6, name=f"{depthwise}_relu")(norm(x, spec, name=f"{depthwise}_norm"))
    x = layers.Conv2D(block.num_out, 1, use_bias=False, name=pointwise)(x)
    return layers.ReLU(max_value=6, name=f"{pointwise}_relu")(
        norm(x, spec, name=f"{pointwise}_norm")
    )


def norm(x: Any, spec: Spec, *, name: str) -> Any:
    """A BatchNorm of torch's formula."""
    return BatchNorm(spec.norm_momentum, spec.norm_epsilon, name=name)(x)
