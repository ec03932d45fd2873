"""ResNet-50 in Keras."""

from typing import Any

import keras
from keras import layers

from fwexp.models.keras_layers import BatchNorm, padded
from fwexp.models.resnet50.spec import Bottleneck, Spec


def build(spec: Spec) -> keras.Model:
    """(batch, height, width, channels) → logits (batch, num_classes)."""
    inputs = keras.Input(spec.image_shape)
    x = conv(inputs, spec.stem_size, spec.width, spec.stem_stride, name="conv")
    x = layers.ReLU(name="relu")(norm(x, spec, name="norm"))
    if spec.stem_pool:
        x = layers.MaxPooling2D(3, 2, name="pool")(layers.ZeroPadding2D(1)(x))
    for block in spec.bottlenecks():
        x = bottleneck(x, block, spec)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(inputs, layers.Dense(spec.num_classes, name="head")(x))


def bottleneck(x: Any, block: Bottleneck, spec: Spec) -> Any:
    """(batch, height, width, channels in) → (batch, height / stride, …, channels out)."""
    y = x
    for i, (size, _, num_out, stride) in enumerate(block.convolutions):
        y = conv(y, size, num_out, stride, name=f"{block.name}.conv{i}")
        y = norm(y, spec, name=f"{block.name}.norm{i}")
        if i < 2:
            y = layers.ReLU(name=f"{block.name}.relu{i}")(y)
    if block.has_shortcut:
        x = conv(x, 1, block.num_out, block.stride, name=f"{block.name}.shortcut")
        x = norm(x, spec, name=f"{block.name}.shortcut_norm")
    return layers.ReLU(name=f"{block.name}.relu2")(layers.Add()([y, x]))


def conv(x: Any, size: int, num_out: int, stride: int, *, name: str) -> Any:
    """A convolution without a bias, padded by half its kernel."""
    x, padding = padded(x, size, stride=stride, padding=size // 2) if size > 1 else (x, "valid")
    return layers.Conv2D(num_out, size, strides=stride, padding=padding, use_bias=False, name=name)(
        x
    )


def norm(x: Any, spec: Spec, *, name: str) -> Any:
    """A BatchNorm of torch's formula."""
    return BatchNorm(spec.norm_momentum, spec.norm_epsilon, name=name)(x)
