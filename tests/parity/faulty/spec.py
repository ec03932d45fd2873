"""The pair's spec. Its option `fault` plants a trap into the Keras implementation."""

from dataclasses import dataclass

from fwexp.models.spec import Variable, batch_norm, convolution, dense, named


@dataclass(frozen=True, kw_only=True)
class Spec:
    image_shape: tuple[int, ...]
    num_classes: int
    width: int = 4
    fault: str = ""

    def variables(self) -> dict[str, Variable]:
        height, width, channels = self.image_shape
        return {
            **named("conv1", convolution(3, channels, self.width)),
            **named("norm1", batch_norm(self.width)),
            **named("conv2", convolution(3, self.width, self.width)),
            **named("head", dense((height // 2) * (width // 2) * self.width, self.num_classes)),
        }

    def blocks(self) -> list[str]:
        return ["conv1", "norm1", "relu1", "conv2", "head"]
