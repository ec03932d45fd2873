"""The mlp in PyTorch."""

from collections import OrderedDict

from torch import nn

from fwexp.models.mlp.spec import Spec
from fwexp.models.torch_layers import Flatten


def build(spec: Spec) -> nn.Module:
    """(batch, channels, height, width) → logits (batch, num_classes)."""
    sizes = spec.sizes()
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=Flatten())
    for i in range(spec.depth):
        layers[f"dense{i}"] = nn.Linear(sizes[i], sizes[i + 1])
        layers[f"relu{i}"] = nn.ReLU()
    layers["head"] = nn.Linear(sizes[-1], spec.num_classes)
    return nn.Sequential(layers)
