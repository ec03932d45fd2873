"""The lstm: `depth` LSTMs of `width` over past values, then a dense layer from the last step.

A step reads `values_per_step` neighbouring values, from the oldest to the newest: half a day of
hours, say, for 28 steps in two weeks instead of 336.

- Gates in the order input, forget, cell, output; sigmoid and tanh; zero first state.
- One bias: torch's second is zero and frozen there, and is left out here. All biases start at
  zero, the forget gate's too; kernels and recurrent kernels glorot-uniform.
- No dropout.
"""

from dataclasses import dataclass

from fwexp.models.differences import SECOND_BIAS
from fwexp.models.spec import Variable, dense, named


@dataclass(frozen=True, kw_only=True)
class Spec:
    sequence_length: int  # past values: inputs are (batch, sequence_length)
    target_length: int  # future values: outputs are (batch, target_length)
    width: int = 64
    depth: int = 2
    values_per_step: int = 1

    declared_differences = (SECOND_BIAS,)

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 1 or self.values_per_step < 1:
            raise ValueError("width, depth and values_per_step must be at least 1")
        if self.sequence_length % self.values_per_step:
            raise ValueError(
                f"values_per_step={self.values_per_step} does not divide "
                f"{self.sequence_length} past values; 1 does"
            )

    def steps(self) -> tuple[int, int]:
        """How many steps the LSTMs take, and how many values each reads."""
        return self.sequence_length // self.values_per_step, self.values_per_step

    def variables(self) -> dict[str, Variable]:
        variables: dict[str, Variable] = {}
        for i in range(self.depth):
            num_in = self.values_per_step if i == 0 else self.width
            variables |= named(f"lstm{i}", _lstm(num_in, self.width))
        head = dense(self.width, self.target_length, initializer="glorot_uniform")
        return variables | named("head", head)

    def blocks(self) -> list[str]:
        return [*(f"lstm{i}" for i in range(self.depth)), "head"]


def _lstm(num_in: int, width: int) -> dict[str, Variable]:
    return {
        "kernel": Variable(shape=(num_in, 4 * width), initializer="glorot_uniform"),
        "recurrent_kernel": Variable(shape=(width, 4 * width), initializer="glorot_uniform"),
        "bias": Variable(shape=(4 * width,), initializer="zeros"),
    }
