"""What a failed stage shows of its cause: the kind of layer, and how the numbers differ."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.models.spec import Spec, Variable
from fwexp.parity.likeness import (
    SAME,
    are_scaled_by_channel,
    are_shares,
    are_zeroed,
    grow_alike,
)
from fwexp.parity.pair import Capture, Pair
from fwexp.store.certificate import Stage

Array = NDArray[Any]

SINGLE_PRECISION = 3e-7  # a relative norm below it is a rounding to float32, in float64's stages
RECURRENT = r"(^|[._])(bi)?(lstm|gru|rnn)"  # anywhere in a layer's name
WORDS = {  # in a layer's name, where its variables do not tell what it is
    "activation": r"relu|gelu|silu|swish|act|tanh|sigmoid",
    "pooling": r"pool",
    "attention": r"att|softmax|score",
    "dropout": r"drop",
}


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A failed stage with both captures."""

    stage: Stage
    pair: Pair
    optimizer: str  # its name

    @property
    def torch(self) -> Capture:
        return self.pair.torch

    @property
    def keras(self) -> Capture:
        return self.pair.keras

    @property
    def spec(self) -> Spec:
        return self.pair.spec

    @cached_property
    def name(self) -> str:
        """The block's or variable's name, of "step 3, conv0.kernel/m" too."""
        return self.stage.where.rpartition(", ")[2].partition("/")[0]

    @cached_property
    def layer(self) -> str:
        """The kind of layer it is, or belongs to; empty where that is unknown."""
        layer = self.name.rpartition(".")[0] if self.leaf else self.name
        return kind_of(layer, self.spec.variables())

    @cached_property
    def suspects(self) -> set[str]:
        """That kind, and those of the layers just before it whose outputs are not compared."""
        variables = self.spec.variables()
        layers = list(dict.fromkeys(name.rpartition(".")[0] for name in variables))
        if self.stage.name != "forward" or self.name not in layers:
            return {self.layer}
        found = {self.layer}
        for layer in reversed(layers[: layers.index(self.name)]):
            if any(layer == b or layer.startswith(f"{b}.") for b in self.spec.blocks()):
                break
            found.add(kind_of(layer, variables))
        return found

    @cached_property
    def window(self) -> int:
        """The height of a convolution's kernel; 1 of all else."""
        kernel = self.spec.variables().get(f"{self.name}.kernel")
        return kernel.shape[0] if kernel is not None and len(kernel.shape) == 4 else 1

    @cached_property
    def leaf(self) -> str:
        """The variable's last name: kernel, bias, gamma; empty for a block."""
        return "" if self.name in self.spec.blocks() else self.name.rpartition(".")[2]

    @cached_property
    def arrays(self) -> tuple[Array, Array] | None:
        """Torch's and Keras's array of that place, where both are finite and of one shape."""
        path = {
            "forward": self._output,
            "forward in float32": f"float32/block/{self.name}",
            "gradients": f"float64/gradient/{self.name}",
            "loss": "float64/loss",
        }.get(self.stage.name, "")
        if path not in self.torch or path not in self.keras:
            return None
        ours, theirs = self.torch[path], self.keras[path]
        finite = (
            ours.shape == theirs.shape and np.isfinite(ours).all() and np.isfinite(theirs).all()
        )
        return (ours, theirs) if finite else None

    @property
    def is_rounding(self) -> bool:
        """Whether the difference is as small as a rounding to float32."""
        return self.stage.tolerance < self.stage.difference < SINGLE_PRECISION

    @cached_property
    def factor(self) -> float | None:
        """The constant by which Keras's numbers are torch's times; None where there is none."""
        if self.arrays is None:
            return None
        ours, theirs = (np.ravel(array) for array in self.arrays)
        square = float(ours @ ours)
        if not square:
            return None
        factor = float(ours @ theirs) / square
        rest = float(np.linalg.norm(theirs - factor * ours))
        return factor if rest <= SAME * abs(factor) * square**0.5 else None

    @property
    def is_at_border(self) -> bool:
        """Whether images agree but for the pixels at their border."""
        if self.arrays is None or self.arrays[0].ndim != 4 or min(self.arrays[0].shape[1:3]) < 3:
            return False
        ours, theirs = (images[:, 1:-1, 1:-1] for images in self.arrays)
        return bool(np.linalg.norm(theirs - ours) <= SAME * np.linalg.norm(ours))

    @property
    def halves(self) -> bool:
        """Whether the block's images are half as high as those of the block before, or less."""
        shape, before = self._shape(self.name), self._image_before()
        return len(shape) == 4 and bool(before) and 2 * shape[1] <= before[0] + 1

    @property
    def flattens(self) -> bool:
        """Whether the block is the first behind the images."""
        return len(self._shape(self.name)) == 2 and len(self._shape(self._block_before())) == 4

    @property
    def passes_negatives(self) -> bool:
        """Whether Keras's activation is something where torch's is zero, or the other way round."""
        if self.arrays is None:
            return False
        ours, theirs = self.arrays
        return bool(((ours == 0) & (theirs < 0)).any() or ((theirs == 0) & (ours < 0)).any())

    @property
    def cuts_at_six(self) -> bool:
        """Whether one activation ends at 6 and the other does not."""
        return (
            self.arrays is not None
            and 6.0 in (top := [a.max() for a in self.arrays])
            and (max(top) > 6.0)
        )

    @property
    def is_activated(self) -> bool:
        """Whether one framework's numbers grow with the other's, but are no multiple of them."""
        return self.factor is None and self.arrays is not None and grow_alike(*self.arrays)

    @property
    def is_zeroed(self) -> bool:
        """Whether some numbers are zero in one only, and the others a multiple, as by dropout."""
        return self.arrays is not None and are_zeroed(*self.arrays)

    @property
    def is_scaled_by_channel(self) -> bool:
        """Whether each channel of one is a multiple of the other's, plus a constant."""
        return self.arrays is not None and are_scaled_by_channel(*self.arrays)

    @property
    def sums_to_one(self) -> bool:
        """Whether one framework's outputs are shares, as a softmax leaves them."""
        return self.arrays is not None and any(map(are_shares, self.arrays))

    @property
    def keras_is_larger(self) -> bool:
        return self.arrays is not None and float(self.arrays[1].sum()) > float(self.arrays[0].sum())

    @property
    def is_running_mean(self) -> bool:
        """Whether the losses that Keras reports are the means of torch's until then."""
        if "losses" not in self.torch or "losses" not in self.keras:
            return False
        ours, theirs = self.torch["losses"], self.keras["losses"]
        means = np.cumsum(ours) / np.arange(1, len(ours) + 1)
        return theirs.shape == ours.shape and np.allclose(theirs, means, rtol=1e-6)

    @property
    def has_same_targets(self) -> bool:
        """Of the batch whose input differs."""
        path = f"{self.stage.where.removeprefix('batch ').partition('/')[0]}/targets"
        ours, theirs = (c.get(f"batch/{path}") for c in (self.torch, self.keras))
        return ours is not None and theirs is not None and np.array_equal(ours, theirs)

    @property
    def has_same_means(self) -> bool:
        """Whether the running means of the failed step agree."""
        prefix = f"state/{self.stage.where.removeprefix('step ').partition(',')[0]}/"
        names = [n for n in self.torch if n.startswith(prefix) and n.endswith(".moving_mean")]
        return all(np.allclose(self.torch[n], self.keras[n], rtol=SAME, atol=0) for n in names)

    @property
    def _output(self) -> str:
        is_last = self.name == "evaluation"
        return "float64/evaluation" if is_last else f"float64/block/{self.name}"

    def _shape(self, block: str) -> tuple[int, ...]:
        path = f"float64/block/{block}"
        return self.torch[path].shape if path in self.torch else ()

    def _block_before(self) -> str:
        blocks = self.spec.blocks()
        at = blocks.index(self.name) if self.name in blocks else 0
        return blocks[at - 1] if at else ""

    def _image_before(self) -> tuple[int, ...]:
        shape = self._shape(self._block_before())
        if len(shape) == 4:
            return shape[1:3]
        return tuple(getattr(self.spec, "image_shape", ()))[:2]


def kind_of(layer: str, variables: Mapping[str, Variable]) -> str:
    """The kind of layer that has these variables, or is named so; empty where neither tells."""
    own = {n.rpartition(".")[2]: v for n, v in variables.items() if n.rpartition(".")[0] == layer}
    for leaf, kind in (
        ("embeddings", "embedding"),
        ("moving_mean", "batch norm"),
        ("gamma", "layer norm"),
    ):
        if leaf in own:
            return kind
    within = [name for name in variables if name.startswith(f"{layer}.")]
    if re.search(RECURRENT, layer.lower()) or any("recurrent" in name for name in within):
        return "recurrent"
    last = layer.rpartition(".")[2].lower()
    if "kernel" in own:
        shape = own["kernel"].shape
        if len(shape) < 4:
            return "dense"
        return "depthwise" if shape[3] == 1 and shape[2] > 1 else "convolution"
    return next((kind for kind, words in WORDS.items() if re.search(words, last)), "")
