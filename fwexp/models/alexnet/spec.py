"""AlexNet in one tower: five convolutions with three max poolings, then three dense layers.

The variant is torchvision's `alexnet`, after Krizhevsky, "One weird trick for parallelizing
convolutional neural networks" (arXiv 1404.5997, 2014): 61,100,840 parameters at 224 × 224 × 3 and
1000 classes (torchvision's documentation, AlexNet_Weights.IMAGENET1K_V1, num_params). The 2012
network of two towers has others.

Choices that both frameworks make:
- Padding is zeros, the same number on every side, never TensorFlow's "same" at a stride.
- Max pooling takes 3 × 3 windows at stride 2, without padding; a last row that fills no window is
  left out.
- torchvision's adaptive pooling to 6 × 6 does nothing at 224 × 224, and is left out.
- The image is flattened by height, width, channels.
- Dropout (a half, before the first two dense layers) is off: the frameworks' random masks differ.
- Kernels start He-normal by fan-in, biases at zero.
"""

from dataclasses import dataclass

from fwexp.models.differences import PADDING
from fwexp.models.spec import Variable, convolution, dense, named

PUBLISHED_PARAMETERS = 61_100_840
POOL, POOL_STRIDE = 3, 2


@dataclass(frozen=True, kw_only=True)
class Convolution:
    name: str  # "conv1"; its activation is "relu1"
    num_in: int
    num_out: int
    size: int
    stride: int
    padding: int  # on each of the four sides
    pool: str  # the max pooling after the activation; empty: none

    @property
    def relu(self) -> str:
        return self.name.replace("conv", "relu")


@dataclass(frozen=True, kw_only=True)
class Spec:
    image_shape: tuple[int, ...]  # height, width, channels
    num_classes: int
    width: int = 64  # channels of the first convolution; the others have 3, 6, 4 and 4 times those
    dense_width: int = 4096
    stem_size: int = 11  # of the first convolution's kernel
    stem_stride: int = 4
    stem_padding: int = 2

    def __post_init__(self) -> None:
        if min(self.width, self.dense_width, self.stem_size, self.stem_stride) < 1:
            raise ValueError("width, dense_width, stem_size and stem_stride must be at least 1")
        if self.stem_padding < 0:
            raise ValueError("stem_padding must be at least 0")
        height, width, _ = self.image_shape
        if min(self.sides()) < 1:
            raise ValueError(
                f"an image of {height} × {width} pixels is too small for three poolings; "
                "a smaller stem_stride leaves more of it"
            )

    @property
    def declared_differences(self) -> tuple[str, ...]:
        return (PADDING,) if self.stem_stride > 1 else ()

    def convolutions(self) -> list[Convolution]:
        """The five convolutions in their order, with the pooling that follows."""
        stem = (self.stem_size, self.stem_stride, self.stem_padding)
        sizes = [stem, (5, 1, 2), (3, 1, 1), (3, 1, 1), (3, 1, 1)]
        channels = [self.image_shape[2], *(self.width * times for times in (1, 3, 6, 4, 4))]
        return [
            Convolution(
                name=f"conv{i}",
                num_in=channels[i - 1],
                num_out=channels[i],
                size=size,
                stride=stride,
                padding=padding,
                pool=f"pool{i}" if i in (1, 2, 5) else "",
            )
            for i, (size, stride, padding) in enumerate(sizes, start=1)
        ]

    def sides(self) -> tuple[int, int]:
        """Height and width of what is flattened."""
        height, width = self.image_shape[:2]
        return self._side(height), self._side(width)

    def _side(self, side: int) -> int:
        for conv in self.convolutions():
            side = (side + 2 * conv.padding - conv.size) // conv.stride + 1
            if conv.pool:
                side = (side - POOL) // POOL_STRIDE + 1
        return side

    def dense_sizes(self) -> list[int]:
        """The flattened size, then each hidden dense layer's."""
        height, width = self.sides()
        last = self.convolutions()[-1].num_out
        return [height * width * last, self.dense_width, self.dense_width]

    def variables(self) -> dict[str, Variable]:
        variables: dict[str, Variable] = {}
        for c in self.convolutions():
            variables |= named(c.name, convolution(c.size, c.num_in, c.num_out, bias=True))
        sizes = self.dense_sizes()
        variables |= named("fc6", dense(sizes[0], sizes[1]))
        variables |= named("fc7", dense(sizes[1], sizes[2]))
        return variables | named("head", dense(sizes[2], self.num_classes))

    def blocks(self) -> list[str]:
        layers = [layer for c in self.convolutions() for layer in (c.name, c.relu, c.pool)]
        return [*filter(None, layers), "fc6", "relu6", "fc7", "relu7", "head"]
