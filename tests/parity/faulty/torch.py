"""The pair in PyTorch, without a fault."""

from collections import OrderedDict

from torch import nn

from fwexp.models.torch_layers import Flatten

from .spec import Spec


def build(spec: Spec) -> nn.Module:
    height, width, channels = spec.image_shape
    layers = OrderedDict[str, nn.Module](
        conv1=nn.Conv2d(channels, spec.width, 3, padding=1, bias=False),
        norm1=nn.BatchNorm2d(spec.width),
        relu1=nn.ReLU(),
        conv2=nn.Conv2d(spec.width, spec.width, 3, stride=2, padding=1, bias=False),
        flatten=Flatten(),
        head=nn.Linear((height // 2) * (width // 2) * spec.width, spec.num_classes),
    )
    return nn.Sequential(layers)
