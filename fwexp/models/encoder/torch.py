"""The encoder classifier in PyTorch."""

from collections import OrderedDict

from torch import Tensor, nn

from fwexp.models.attention import NORM_EPSILON
from fwexp.models.encoder.spec import Spec
from fwexp.models.torch_attention import Block, Positions


class Cut(nn.Module):
    """Images (batch, channels, height, width) → patches (batch, positions, pixels · channels)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        size = self.size
        batch, channels, height, width = x.shape
        rows = x.reshape(batch, channels, height // size, size, width // size, size)
        return rows.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)


class Mean(nn.Module):
    """(batch, positions, width) → (batch, width)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=1)


def build(spec: Spec) -> nn.Module:
    """Images or tokens → logits (batch, num_classes)."""
    positions, width = spec.num_positions(), spec.width
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if spec.image_shape is None:
        assert spec.vocabulary_size is not None
        layers["tokens"] = nn.Embedding(spec.vocabulary_size, width)
    else:
        layers["cut"] = Cut(spec.patch_size)
        layers["patches"] = nn.Linear(spec.patch_size**2 * spec.image_shape[2], width)
    layers["positions"] = Positions(positions, width)
    for name in spec.block_names():
        layers[name] = Block(width, spec.num_heads, num_positions=positions, causal=False)
    layers["norm"] = nn.LayerNorm(width, eps=NORM_EPSILON)
    layers["mean"] = Mean()
    layers["head"] = nn.Linear(width, spec.num_classes)
    return nn.Sequential(layers)
