"""The mlp with dropout in PyTorch."""

from collections import OrderedDict

from torch import nn

from fwexp.models.mlp import torch
from fwexp.models.mlp.spec import Spec


def build(spec: Spec) -> nn.Module:
    layers = OrderedDict(torch.build(spec).named_children())
    head = layers.pop("head")
    return nn.Sequential(OrderedDict(**layers, dropout=nn.Dropout(0.5), head=head))
