"""The cnn in PyTorch."""

from collections import OrderedDict

from torch import nn

from fwexp.models.cnn.spec import Spec
from fwexp.models.torch_layers import Mean


def build(spec: Spec) -> nn.Module:
    """(batch, channels, height, width) → logits (batch, num_classes)."""
    channels = spec.channels()
    momentum = 1.0 - spec.norm_momentum  # torch counts the share a step replaces
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for i in range(spec.depth):
        layers[f"conv{i}"] = nn.Conv2d(
            channels[i], channels[i + 1], 3, stride=2, padding=1, bias=False
        )
        layers[f"norm{i}"] = nn.BatchNorm2d(
            channels[i + 1], eps=spec.norm_epsilon, momentum=momentum
        )
        layers[f"relu{i}"] = nn.ReLU()
    layers["mean"] = Mean()
    layers["head"] = nn.Linear(channels[-1], spec.num_classes)
    return nn.Sequential(layers)
