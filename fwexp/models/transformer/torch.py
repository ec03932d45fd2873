"""The decoder language model in PyTorch."""

from collections import OrderedDict

from torch import nn

from fwexp.models.attention import NORM_EPSILON
from fwexp.models.torch_attention import Block, Positions
from fwexp.models.transformer.spec import Spec


def build(spec: Spec) -> nn.Module:
    """Tokens (batch, places) → logits of the next token (batch, places, vocabulary)."""
    places, width = spec.sequence_length, spec.width
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["tokens"] = nn.Embedding(spec.vocabulary_size, width)
    layers["positions"] = Positions(places, width)
    for name in spec.block_names():
        layers[name] = Block(width, spec.num_heads, num_places=places, causal=True)
    layers["norm"] = nn.LayerNorm(width, eps=NORM_EPSILON)
    layers["head"] = nn.Linear(width, spec.vocabulary_size, bias=False)
    return nn.Sequential(layers)
