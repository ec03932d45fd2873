"""The cnn: `depth` blocks of 3×3 convolution at stride 2, BatchNorm and ReLU; mean; dense head.

Padding is one zero on every side, never "same": at stride 2 that pads unevenly in TensorFlow.
"""

from dataclasses import dataclass

from fwexp.models.differences import PADDING
from fwexp.models.spec import Variable, batch_norm, convolution, dense, named


@dataclass(frozen=True, kw_only=True)
class Spec:
    image_shape: tuple[int, ...]  # height, width, channels
    num_classes: int
    width: int = 32  # channels of the first block; each further block doubles them
    depth: int = 3
    norm_momentum: float = 0.9  # share of the running statistics that a step keeps
    norm_epsilon: float = 1e-5

    declared_differences = (PADDING,)

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 1:
            raise ValueError("width and depth must be at least 1")
        side = min(self.image_shape[:2])
        if 2 ** (self.depth - 1) >= side:
            raise ValueError(
                f"depth={self.depth} halves a {side}-pixel side {self.depth} times, to nothing; "
                f"depth={max(1, (side - 1).bit_length())} is the most"
            )

    def channels(self) -> list[int]:
        """The image's channels, then each block's."""
        return [self.image_shape[2]] + [self.width * 2**i for i in range(self.depth)]

    def variables(self) -> dict[str, Variable]:
        channels = self.channels()
        variables: dict[str, Variable] = {}
        for i in range(self.depth):
            variables |= named(f"conv{i}", convolution(3, channels[i], channels[i + 1]))
            variables |= named(f"norm{i}", batch_norm(channels[i + 1]))
        return variables | named("head", dense(channels[-1], self.num_classes))

    def blocks(self) -> list[str]:
        body = [f"{layer}{i}" for i in range(self.depth) for layer in ("conv", "norm", "relu")]
        return [*body, "mean", "head"]
