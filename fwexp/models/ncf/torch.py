"""The ncf in PyTorch."""

import torch
from torch import Tensor, nn

from fwexp.models.ncf.spec import Spec


class Product(nn.Module):
    """Two vectors' factor-by-factor product."""

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        return user * item


class NeuMF(nn.ModuleDict):
    """Users and items, each (batch,), → logits (batch, 1)."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        sizes = spec.sizes()
        self.depth = spec.depth()
        for name, shape in spec.embeddings().items():
            self[name] = nn.Embedding(*shape)
        self["product"] = Product()
        for i in range(self.depth):
            self[f"dense{i}"] = nn.Linear(sizes[i], sizes[i + 1])
            self[f"relu{i}"] = nn.ReLU()
        self["head"] = nn.Linear(spec.num_factors + sizes[-1], 1)

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        factors: Tensor = self["product"](self["factor_user"](user), self["factor_item"](item))
        x = torch.cat([self["tower_user"](user), self["tower_item"](item)], dim=-1)
        for i in range(self.depth):
            x = self[f"relu{i}"](self[f"dense{i}"](x))
        logits: Tensor = self["head"](torch.cat([factors, x], dim=-1))
        return logits


def build(spec: Spec) -> nn.Module:
    """Users and items, each (batch,), → logits (batch, 1)."""
    return NeuMF(spec)
