"""VGG-19 in PyTorch."""

from collections import OrderedDict

from torch import nn

from fwexp.models.torch_layers import Flatten
from fwexp.models.vgg19.spec import Spec


def build(spec: Spec) -> nn.Module:
    """(batch, channels, height, width) → logits (batch, num_classes)."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for c in spec.convolutions():
        layers[c.name] = nn.Conv2d(c.num_in, c.num_out, 3, padding=1)
        layers[c.relu] = nn.ReLU()
        if c.pool:
            layers[c.pool] = nn.MaxPool2d(2)
    layers["flatten"] = Flatten()
    sizes = spec.dense_sizes()
    layers["fc6"], layers["relu6"] = nn.Linear(sizes[0], sizes[1]), nn.ReLU()
    layers["fc7"], layers["relu7"] = nn.Linear(sizes[1], sizes[2]), nn.ReLU()
    layers["head"] = nn.Linear(sizes[2], spec.num_classes)
    return nn.Sequential(layers)
