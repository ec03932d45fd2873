"""The mlp: `depth` hidden dense layers of `width` units with ReLU, then a dense head."""

import math
from dataclasses import dataclass

from fwexp.models.spec import Variable, dense, named


@dataclass(frozen=True, kw_only=True)
class Spec:
    image_shape: tuple[int, ...]  # height, width, channels; flattened in this order
    num_classes: int
    width: int = 128
    depth: int = 2

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 1:
            raise ValueError("width and depth must be at least 1")

    def sizes(self) -> list[int]:
        """The input's size, then each hidden layer's."""
        return [math.prod(self.image_shape)] + [self.width] * self.depth

    def variables(self) -> dict[str, Variable]:
        sizes = self.sizes()
        variables: dict[str, Variable] = {}
        for i in range(self.depth):
            variables |= named(f"dense{i}", dense(sizes[i], sizes[i + 1]))
        return variables | named("head", dense(sizes[-1], self.num_classes))

    def blocks(self) -> list[str]:
        return [*(f"{layer}{i}" for i in range(self.depth) for layer in ("dense", "relu")), "head"]
