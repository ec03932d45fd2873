"""The mlp in PyTorch, unless the fault strikes."""

from torch import nn

from fwexp.models.mlp import torch
from tests.fragile.spec import Spec


def build(spec: Spec) -> nn.Module:
    spec.fail()
    return torch.build(spec)
