"""MobileNet in PyTorch."""

from collections import OrderedDict

from torch import nn

from fwexp.models.mobilenet.spec import Separable, Spec
from fwexp.models.torch_layers import DepthwiseConv2d, Mean


def build(spec: Spec) -> nn.Module:
    """(batch, channels, height, width) → logits (batch, num_classes)."""
    stem = nn.Conv2d(
        spec.image_shape[2], spec.width, 3, stride=spec.stem_stride, padding=1, bias=False
    )
    layers: OrderedDict[str, nn.Module] = OrderedDict(conv=stem)
    layers["norm"], layers["relu"] = norm(spec.width, spec), nn.ReLU6()
    for block in spec.separables():
        layers[block.name] = separable(block, spec)
    layers["mean"] = Mean()
    layers["head"] = nn.Linear(spec.separables()[-1].num_out, spec.num_classes)
    return nn.Sequential(layers)


def separable(block: Separable, spec: Spec) -> nn.Sequential:
    """(batch, channels in, height, width) → (batch, channels out, height / stride, …)."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["depthwise"] = DepthwiseConv2d(block.num_in, 3, stride=block.stride)
    layers["depthwise_norm"], layers["depthwise_relu"] = norm(block.num_in, spec), nn.ReLU6()
    layers["pointwise"] = nn.Conv2d(block.num_in, block.num_out, 1, bias=False)
    layers["pointwise_norm"], layers["pointwise_relu"] = norm(block.num_out, spec), nn.ReLU6()
    return nn.Sequential(layers)


def norm(num_channels: int, spec: Spec) -> nn.BatchNorm2d:
    """A BatchNorm; torch counts the share of its statistics that a step replaces."""
    return nn.BatchNorm2d(num_channels, eps=spec.norm_epsilon, momentum=1.0 - spec.norm_momentum)
