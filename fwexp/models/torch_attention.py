"""A pre-norm transformer block in PyTorch, as attention.py specifies it."""

import math

import torch
from torch import Tensor, nn

from fwexp.models.attention import EXPANSION, NORM_EPSILON


class Positions(nn.Module):
    """(batch, positions, width) → the same, plus a learned vector for each position."""

    def __init__(self, num_positions: int, width: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(num_positions, width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table


class Attend(nn.Module):
    """Query, key and value, each (batch, positions, width) → (batch, positions, width)."""

    allowed: Tensor  # (positions, positions): whether a row's position may attend to a column's

    def __init__(self, num_heads: int, *, num_positions: int, causal: bool) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.causal = causal
        allowed = torch.ones(num_positions, num_positions, dtype=torch.bool).tril()
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
        """(batch, positions, width) → (batch, heads, positions, width of a head)."""
        batch, num_positions, width = x.shape
        split = x.reshape(batch, num_positions, self.num_heads, width // self.num_heads)
        return split.transpose(1, 2)


class Block(nn.Module):
    """(batch, positions, width) → the same, by attention and a two-layer perceptron."""

    def __init__(self, width: int, num_heads: int, *, num_positions: int, causal: bool) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=NORM_EPSILON)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.attend = Attend(num_heads, num_positions=num_positions, causal=causal)
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
