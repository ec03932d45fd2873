"""A torch module's weights and buffers, with a spec's names and layouts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fwexp.models.torch_layers import DepthwiseConv2d

DENSE = (1, 0)  # (out, in) → (in, out)
CONVOLUTION = (2, 3, 1, 0)  # (out, in, h, w) → (h, w, in, out)
DEPTHWISE = (2, 3, 0, 1)  # (in, 1, h, w) → (h, w, in, 1)
ONLY_IN_TORCH = ("num_batches_tracked", "bias_hh_l0")  # batch counters; the LSTM's second bias

LEAVES: dict[type[nn.Module], dict[str, tuple[str, tuple[int, ...] | None]]] = {
    nn.Linear: {"weight": ("kernel", DENSE)},
    DepthwiseConv2d: {"weight": ("kernel", DEPTHWISE)},  # before nn.Conv2d: the first match counts
    nn.Conv2d: {"weight": ("kernel", CONVOLUTION)},
    nn.Embedding: {"weight": ("embeddings", None)},
    nn.LayerNorm: {"weight": ("gamma", None), "bias": ("beta", None)},
    nn.LSTM: {
        "weight_ih_l0": ("kernel", DENSE),
        "weight_hh_l0": ("recurrent_kernel", DENSE),
        "bias_ih_l0": ("bias", None),
    },
    nn.modules.batchnorm._BatchNorm: {
        "weight": ("gamma", None),
        "bias": ("beta", None),
        "running_mean": ("moving_mean", None),
        "running_var": ("moving_variance", None),
    },
}


@dataclass(frozen=True, kw_only=True)
class Named:
    """One tensor of a module, convertible to the spec's layout and back."""

    name: str
    tensor: torch.Tensor
    axes: tuple[int, ...] | None  # of the spec's layout, in torch's

    def read(self, tensor: torch.Tensor | None = None) -> NDArray[np.floating]:
        """The value, or another such tensor (a gradient, a slot), in the spec's layout."""
        source = self.tensor if tensor is None else tensor
        value: NDArray[np.floating] = source.detach().cpu().numpy()
        return (value if self.axes is None else value.transpose(self.axes)).copy()

    def write(self, value: NDArray[np.floating], tensor: torch.Tensor | None = None) -> None:
        """Copy a value in the spec's layout into the tensor, or into another of the same layout."""
        target = self.tensor if tensor is None else tensor
        if self.axes is not None:
            value = value.transpose(np.argsort(self.axes))
        with torch.no_grad():
            target.copy_(torch.from_numpy(np.ascontiguousarray(value)))


def named_tensors(module: nn.Module) -> Iterator[Named]:
    """Every weight and buffer, except the batch counters that only torch has and the buffers not
    saved with the module, which are constants."""
    saved = module.state_dict().keys()
    for path, child in module.named_modules():
        leaves = next((names for kind, names in LEAVES.items() if isinstance(child, kind)), {})
        own = [*child.named_parameters(recurse=False), *child.named_buffers(recurse=False)]
        for leaf, tensor in own:
            if leaf in ONLY_IN_TORCH or (f"{path}.{leaf}" if path else leaf) not in saved:
                continue
            name, axes = leaves.get(leaf, (leaf, None))
            yield Named(name=f"{path}.{name}" if path else name, tensor=tensor, axes=axes)
