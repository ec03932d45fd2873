"""The user's spec. Its option `fault` plants a difference into the Keras implementation."""

from dataclasses import dataclass

from fwexp.models.spec import Variable, batch_norm, convolution, dense, named


@dataclass(frozen=True, kw_only=True)
class Spec:
    image_shape: tuple[int, ...]
    num_classes: int
    width: int = 4
    fault: str = ""  # same padding | frozen

    def variables(self) -> dict[str, Variable]:
        # The norm takes the bias out again: its gradient is zero but for rounding.
        bias = {"bias": Variable(shape=(self.width,), initializer="zeros")}
        return {
            **named("first", convolution(3, self.image_shape[2], self.width) | bias),
            **named("norm", batch_norm(self.width)),
            **named("head", dense(self.width, self.num_classes, initializer="glorot_uniform")),
        }

    def blocks(self) -> list[str]:
        return ["first", "norm", "head"]
