"""The decoder language model in PyTorch."""

from collections import OrderedDict

from torch import nn

from fwexp.models.attention import NORM_EPSILON
from fwexp.models.torch_attention import Block, Positions
from fwexp.models.transformer.spec import Spec


def build(spec: Spec) -> nn.Module:
    """Tokens (batch, positions) → logits of the next token (batch, positions, vocabulary)."""
    positions, width = spec.sequence_length, spec.width
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["tokens"] = nn.Embedding(spec.vocabulary_size, width)
    layers["positions"] = Positions(positions, width)
    for name in spec.block_names():
        layers[name] = Block(width, spec.num_heads, num_positions=positions, causal=True)
    layers["norm"] = nn.LayerNorm(width, eps=NORM_EPSILON)
    layers["head"] = nn.Linear(width, spec.vocabulary_size, bias=False)
    return nn.Sequential(layers)
