"""ResNet-50, version 1.5: a stem, sixteen bottleneck blocks with shortcuts, mean, dense head.

He et al., "Deep Residual Learning for Image Recognition" (arXiv 1512.03385); version 1.5 halves the
image in a bottleneck's 3 × 3 convolution, version 1 in the 1 × 1 before it (NVIDIA's
DeepLearningExamples name it so; torchvision and transformers build it). 25,557,032 parameters at
224 × 224 × 3 and 1000 classes (torchvision's documentation, ResNet50_Weights.IMAGENET1K_V1,
num_params).

Choices that both frameworks make:
- Padding is zeros, half a kernel on every side, never TensorFlow's "same" at a stride.
- The stem's max pooling pads, too: with zeros in Keras, with −∞ in PyTorch. After a ReLU that is
  the same: a zero never exceeds what is there, and where it equals it, the ReLU passes no gradient.
- Convolutions have no bias; a shortcut is a 1 × 1 convolution with BatchNorm where the shape
  changes, else the block's input itself.
- The γ of a block's last BatchNorm starts at one; with `zero_gamma`, which Goyal et al. (arXiv
  1706.02677) propose, at zero, so that a block starts as its shortcut.
- BatchNorm keeps 0.9 of its running statistics a step, and of the variance the unbiased one; ε is
  1e-5.
- Kernels start He-normal by fan-in.
"""

from dataclasses import dataclass, replace

from fwexp.models.differences import PADDING, POOL_PADDING
from fwexp.models.spec import Variable, batch_norm, convolution, dense, named

PUBLISHED_PARAMETERS = 25_557_032
STAGES = (3, 4, 6, 3)  # bottlenecks; each stage has twice the channels of the one before
EXPANSION = 4  # a bottleneck's output channels, in widths


@dataclass(frozen=True, kw_only=True)
class Bottleneck:
    name: str  # "stage1.block0"
    num_in: int
    width: int  # of the 3×3 convolution
    stride: int  # of the 3×3 convolution and of the shortcut

    @property
    def num_out(self) -> int:
        return EXPANSION * self.width

    @property
    def has_shortcut(self) -> bool:
        """Whether the shape changes, so that the shortcut is a convolution."""
        return self.stride != 1 or self.num_in != self.num_out

    @property
    def convolutions(self) -> list[tuple[int, int, int, int]]:
        """Kernel size, channels in, channels out and stride of conv0, conv1 and conv2."""
        return [
            (1, self.num_in, self.width, 1),
            (3, self.width, self.width, self.stride),
            (1, self.width, self.num_out, 1),
        ]


@dataclass(frozen=True, kw_only=True)
class Spec:
    image_shape: tuple[int, ...]  # height, width, channels
    num_classes: int
    width: int = 64  # of the stem and the first stage's bottlenecks
    stem_size: int = 7  # of the stem's kernel
    stem_stride: int = 2
    stem_pool: bool = True  # 3×3 max pooling at stride 2 after the stem
    zero_gamma: bool = False  # the last γ of each block starts at zero
    norm_momentum: float = 0.9  # share of the running statistics that a step keeps
    norm_epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if min(self.width, self.stem_stride) < 1:
            raise ValueError("width and stem_stride must be at least 1")
        if self.stem_size < 1 or self.stem_size % 2 == 0:
            raise ValueError(
                f"stem_size={self.stem_size}: padding is the same on every side of an odd kernel "
                "only; choose 3, 5 or 7"
            )

    @property
    def declared_differences(self) -> tuple[str, ...]:
        return (PADDING, POOL_PADDING) if self.stem_pool else (PADDING,)

    def bottlenecks(self) -> list[Bottleneck]:
        """The sixteen blocks in their order."""
        found, num_in = [], self.width
        for stage, depth in enumerate(STAGES):
            for i in range(depth):
                block = Bottleneck(
                    name=f"stage{stage}.block{i}",
                    num_in=num_in,
                    width=self.width * 2**stage,
                    stride=2 if stage > 0 and i == 0 else 1,
                )
                found.append(block)
                num_in = block.num_out
        return found

    def variables(self) -> dict[str, Variable]:
        stem = convolution(self.stem_size, self.image_shape[2], self.width)
        variables = named("conv", stem) | named("norm", batch_norm(self.width))
        for block in self.bottlenecks():
            variables |= named(block.name, self._of_block(block))
        last = self.bottlenecks()[-1].num_out
        return variables | named("head", dense(last, self.num_classes))

    def _of_block(self, block: Bottleneck) -> dict[str, Variable]:
        variables: dict[str, Variable] = {}
        for i, (size, num_in, num_out, _) in enumerate(block.convolutions):
            variables |= named(f"conv{i}", convolution(size, num_in, num_out))
            variables |= named(f"norm{i}", batch_norm(num_out))
        if block.has_shortcut:
            variables |= named("shortcut", convolution(1, block.num_in, block.num_out))
            variables |= named("shortcut_norm", batch_norm(block.num_out))
        if self.zero_gamma:
            last = variables["norm2.gamma"]
            variables["norm2.gamma"] = replace(last, initializer="zeros")
        return variables

    def blocks(self) -> list[str]:
        names = ["conv", "norm", "relu", *(["pool"] if self.stem_pool else [])]
        layers = [f"{layer}{i}" for i in range(3) for layer in ("conv", "norm", "relu")]
        for block in self.bottlenecks():
            shortcut = ["shortcut", "shortcut_norm"] if block.has_shortcut else []
            names += [f"{block.name}.{n}" for n in (*layers[:-1], *shortcut, layers[-1])]
        return [*names, "mean", "head"]
