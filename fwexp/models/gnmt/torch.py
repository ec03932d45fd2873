"""GNMT v2 in PyTorch."""

import torch
from torch import Tensor, nn

from fwexp.data.tokens import PAD
from fwexp.models.gnmt.spec import Spec
from fwexp.models.torch_lstm import one_bias_lstm

NEVER = -65504.0  # the score of a padded position: the lowest that float16 holds


class Attention(nn.Module):
    """Queries (batch, positions, width) and keys → a context for each query."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.vector = nn.Parameter(torch.empty(width))
        self.scale = nn.Parameter(torch.empty(1))
        self.bias = nn.Parameter(torch.empty(width))

    def forward(self, query: Tensor, key: Tensor, value: Tensor, source: Tensor) -> Tensor:
        vector = self.vector * (self.scale / self.vector.square().sum().sqrt())
        scores = torch.tanh(query[:, :, None] + key[:, None] + self.bias) @ vector
        scores = scores.masked_fill((source == PAD)[:, None], NEVER)
        return torch.softmax(scores, dim=-1) @ value


def reverse(x: Tensor, source: Tensor) -> Tensor:
    """Each sentence of x (batch, positions, width) from last token to first, then padding."""
    position = torch.arange(source.shape[1], device=source.device)
    length = (source != PAD).sum(dim=1, keepdim=True)
    index = torch.where(position < length, length - 1 - position, position)
    return x.gather(1, index[:, :, None].expand_as(x))


class Gnmt(nn.ModuleDict):
    """Source and shifted target (batch, positions) → logits (batch, positions, rows)."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.depth = spec.depth
        self["embedding"] = nn.Embedding(spec.rows(), spec.width)
        for name, num_in in spec.lstms().items():
            self[name] = one_bias_lstm(num_in, spec.width)
        self["attention_query"] = nn.Linear(spec.width, spec.width, bias=False)
        self["attention_key"] = nn.Linear(spec.width, spec.width, bias=False)
        self["attention"] = Attention(spec.width)
        self["classifier"] = nn.Linear(spec.width, spec.rows())

    def encode(self, source: Tensor) -> Tensor:
        x = self["embedding"](source)
        forward, _ = self["encoder0_forward"](x)
        backward, _ = self["encoder0_backward"](reverse(x, source))
        x = torch.cat([forward, reverse(backward, source)], dim=-1)
        x, _ = self["encoder1"](x)
        for i in range(2, self.depth):
            out, _ = self[f"encoder{i}"](x)
            x = out + x
        encoded: Tensor = x
        return encoded

    def forward(self, source: Tensor, target_in: Tensor) -> Tensor:
        encoded = self.encode(source)
        x, _ = self["decoder0"](self["embedding"](target_in))
        query, key = self["attention_query"](x), self["attention_key"](encoded)
        context = self["attention"](query, key, encoded, source)
        x, _ = self["decoder1"](torch.cat([x, context], dim=-1))
        for i in range(2, self.depth):
            out, _ = self[f"decoder{i}"](torch.cat([x, context], dim=-1))
            x = out + x
        logits: Tensor = self["classifier"](x)
        return logits


def build(spec: Spec) -> nn.Module:
    """Source and shifted target (batch, positions) → logits (batch, positions, rows)."""
    return Gnmt(spec)
