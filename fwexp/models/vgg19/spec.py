"""VGG-19: sixteen 3×3 convolutions in five stages, each ended by a max pooling; three dense layers.

Configuration E of Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
Recognition" (arXiv 1409.1556), without BatchNorm, which it has not: 143,667,240 parameters at
224 × 224 × 3 and 1000 classes (torchvision's documentation, VGG19_Weights.IMAGENET1K_V1,
num_params; the paper's Table 2 rounds to 144 million).

Choices that both frameworks make:
- Padding is one zero on every side.
- Max pooling takes 2 × 2 windows at stride 2, without padding; an odd last row is left out.
- torchvision's adaptive pooling to 7 × 7 does nothing at 224 × 224, and is left out.
- The image is flattened by height, width, channels.
- Dropout (a half, before the last two dense layers) is off: the frameworks' random masks differ.
- Kernels start He-normal by fan-in, biases at zero. The paper starts from a smaller network it
  trained before, and notes itself that a random start will do.
"""

from dataclasses import dataclass

from fwexp.models.spec import Variable, convolution, dense, named

PUBLISHED_PARAMETERS = 143_667_240
STAGES = ((1, 2), (2, 2), (4, 4), (8, 4), (8, 4))  # times the width, convolutions


@dataclass(frozen=True, kw_only=True)
class Convolution:
    name: str  # "conv3_1", the first of stage 3; its activation is "relu3_1"
    num_in: int
    num_out: int
    pool: str  # the max pooling after the activation; empty: none

    @property
    def relu(self) -> str:
        return self.name.replace("conv", "relu")


@dataclass(frozen=True, kw_only=True)
class Spec:
    image_shape: tuple[int, ...]  # height, width, channels
    num_classes: int
    width: int = 64  # channels of the first stage; the others have 2, 4, 8 and 8 times as many
    dense_width: int = 4096

    def __post_init__(self) -> None:
        if min(self.width, self.dense_width) < 1:
            raise ValueError("width and dense_width must be at least 1")
        smallest = 2 ** len(STAGES)
        height, width, _ = self.image_shape
        if min(height, width) < smallest:
            raise ValueError(
                f"an image of {height} × {width} pixels is too small for five poolings: "
                f"{smallest} × {smallest} is the least"
            )

    def convolutions(self) -> list[Convolution]:
        """The sixteen convolutions in their order, with the pooling that ends a stage."""
        found, num_in = [], self.image_shape[2]
        for stage, (times, depth) in enumerate(STAGES, start=1):
            for i in range(1, depth + 1):
                num_out = times * self.width
                pool = f"pool{stage}" if i == depth else ""
                name = f"conv{stage}_{i}"
                found.append(Convolution(name=name, num_in=num_in, num_out=num_out, pool=pool))
                num_in = num_out
        return found

    def dense_sizes(self) -> list[int]:
        """The flattened size, then each hidden dense layer's."""
        height, width = (side // 2 ** len(STAGES) for side in self.image_shape[:2])
        last = self.convolutions()[-1].num_out
        return [height * width * last, self.dense_width, self.dense_width]

    def variables(self) -> dict[str, Variable]:
        variables: dict[str, Variable] = {}
        for c in self.convolutions():
            variables |= named(c.name, convolution(3, c.num_in, c.num_out, bias=True))
        sizes = self.dense_sizes()
        variables |= named("fc6", dense(sizes[0], sizes[1]))
        variables |= named("fc7", dense(sizes[1], sizes[2]))
        return variables | named("head", dense(sizes[2], self.num_classes))

    def blocks(self) -> list[str]:
        layers = [layer for c in self.convolutions() for layer in (c.name, c.relu, c.pool)]
        return [*filter(None, layers), "fc6", "relu6", "fc7", "relu7", "head"]
