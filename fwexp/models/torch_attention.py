"""A pre-norm transformer block in PyTorch; the twin of keras_attention.py, as attention.py says."""

import math

import torch
from torch import Tensor, nn

from fwexp.models.attention import EXPANSION, NORM_EPSILON


class Positions(nn.Module):
    """(batch, places, width) → the same, plus a learned vector for each place."""

    def __init__(self, num_places: int, width: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(num_places, width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table


class Attend(nn.Module):
    """Query, key and value, each (batch, places, width) → (batch, places, width)."""

    allowed: Tensor  # (places, places): whether a row's place may look at a column's

    def __init__(self, num_heads: int, *, num_places: int, causal: bool) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.causal = causal
        allowed = torch.ones(num_places, num_places, dtype=torch.bool).tril()
        self.register_buffer("allowed", allowed, persistent=False)

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        q, k, v = (self._heads(x) for x in (query, key, value))
        scores = torch.matmul(q, k.transpose(-1, -2))
        scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
        scores = scores * (1.0 / math.sqrt(q.shape[-1]))
        if self.causal:
            scores = scores.masked_fill(~self.allowed, -math.inf)
        shares = torch.softmax(scores, dim=-1).to(v.dtype)
        return torch.matmul(shares, v).transpose(1, 2).flatten(2)

    def _heads(self, x: Tensor) -> Tensor:
        """(batch, places, width) → (batch, heads, places, width of a head)."""
        batch, num_places, width = x.shape
        split = x.reshape(batch, num_places, self.num_heads, width // self.num_heads)
        return split.transpose(1, 2)


class Block(nn.Module):
    """(batch, places, width) → the same, by attention and a two-layer perceptron."""

    def __init__(self, width: int, num_heads: int, *, num_places: int, causal: bool) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=NORM_EPSILON)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.attend = Attend(num_heads, num_places=num_places, causal=causal)
        self.output = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=NORM_EPSILON)
        self.expand = nn.Linear(width, EXPANSION * width)
        self.gelu = nn.GELU(approximate="none")
        self.contract = nn.Linear(EXPANSION * width, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x)
        x = x + self.output(self.attend(self.query(y), self.key(y), self.value(y)))
        out: Tensor = x + self.contract(self.gelu(self.expand(self.norm2(x))))
        return out
