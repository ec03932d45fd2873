"""MobileNet, version 1: a stem and thirteen depthwise separable convolutions, mean, dense head.

Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications"
(arXiv 1704.04861), width 1.0: 4,231,976 trained parameters at 224 × 224 × 3 and 1000 classes
(keras.applications.MobileNet's trainable weights, which its documentation rounds to 4.3 million;
the paper's Table 8 rounds to 4.2 million).

Choices that both frameworks make:
- Padding is one zero on every side. TensorFlow's own models pad below and
  to the right at stride 2, which on images of even sides is the mirror image of the same network.
- The activation is ReLU6, as in the authors' code (tensorflow/models, slim) and in Keras; the paper
  says ReLU.
- A depthwise kernel is (h, w, channels, 1), Keras's layout; torch's is (channels, 1, h, w). It
  starts He-normal by its own window of 3 × 3, every other kernel by its fan-in.
- BatchNorm keeps 0.9 of its running statistics a step, and of the variance the unbiased one; ε is
  1e-3, as in Keras and slim.
- Dropout before the head (a thousandth, in Keras and slim) is off.
"""

from dataclasses import dataclass

from fwexp.models.differences import PADDING
from fwexp.models.spec import (
    Variable,
    batch_norm,
    convolution,
    dense,
    depthwise_convolution,
    named,
)

PUBLISHED_PARAMETERS = 4_231_976
BLOCKS = ((2, 1), (4, 2), (4, 1), (8, 2), (8, 1), (16, 2), *[(16, 1)] * 5, (32, 2), (32, 1))


@dataclass(frozen=True, kw_only=True)
class Separable:
    """A depthwise convolution, then a pointwise one, each with norm and activation."""

    name: str  # "block0"
    num_in: int
    num_out: int
    stride: int  # of the depthwise one


@dataclass(frozen=True, kw_only=True)
class Spec:
    image_shape: tuple[int, ...]  # height, width, channels
    num_classes: int
    width: int = 32  # channels of the stem; the blocks have 2 to 32 times as many
    stem_stride: int = 2
    norm_momentum: float = 0.9  # share of the running statistics that a step keeps
    norm_epsilon: float = 1e-3

    declared_differences = (PADDING,)

    def __post_init__(self) -> None:
        if min(self.width, self.stem_stride) < 1:
            raise ValueError("width and stem_stride must be at least 1")

    def separables(self) -> list[Separable]:
        """The thirteen blocks in their order."""
        channels = [self.width, *(times * self.width for times, _ in BLOCKS)]
        return [
            Separable(name=f"block{i}", num_in=channels[i], num_out=channels[i + 1], stride=stride)
            for i, (_, stride) in enumerate(BLOCKS)
        ]

    def variables(self) -> dict[str, Variable]:
        stem = convolution(3, self.image_shape[2], self.width)
        variables = named("conv", stem) | named("norm", batch_norm(self.width))
        for block in self.separables():
            own = {
                **named("depthwise", depthwise_convolution(3, block.num_in)),
                **named("depthwise_norm", batch_norm(block.num_in)),
                **named("pointwise", convolution(1, block.num_in, block.num_out)),
                **named("pointwise_norm", batch_norm(block.num_out)),
            }
            variables |= named(block.name, own)
        return variables | named("head", dense(BLOCKS[-1][0] * self.width, self.num_classes))

    def blocks(self) -> list[str]:
        kinds = ("depthwise", "pointwise")
        layers = [f"{kind}{part}" for kind in kinds for part in ("", "_norm", "_relu")]
        body = [f"{block.name}.{layer}" for block in self.separables() for layer in layers]
        return ["conv", "norm", "relu", *body, "mean", "head"]
