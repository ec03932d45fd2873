"""torch.optim's formulas as one Keras optimizer, for the matched regime.

Every constant is made in the variable's own dtype: ops.cast(0.9, "float64") would pass through
float32.
"""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from fwexp.config.schema import Optimizer

SLOTS: dict[str, tuple[str, ...]] = {
    "sgd": (),
    "momentum": ("momentum",),
    "adam": ("m", "v"),
    "adamw": ("m", "v"),
}


class ArraySchedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """The learning rate of step k is the k-th of an array."""

    def __init__(self, learning_rates: NDArray[np.float64]) -> None:
        self.learning_rates = ops.convert_to_tensor(learning_rates, dtype="float64")

    def __call__(self, step: Any) -> Any:
        return ops.take(self.learning_rates, step)


class TorchFormula(keras.optimizers.Optimizer):  # type: ignore[misc]  # Keras has no types
    """sgd, momentum, adam or adamw as torch.optim computes them."""

    def __init__(self, settings: Optimizer, learning_rates: NDArray[np.float64]) -> None:
        super().__init__(learning_rate=ArraySchedule(learning_rates), name=settings.name)
        self.settings = settings
        self.slots: dict[str, list[Any]] = {}

    def build(self, variables: list[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        for slot in SLOTS[self.settings.name]:
            self.slots[slot] = self.add_optimizer_variables(variables, slot)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        update = {
            "sgd": self._sgd,
            "momentum": self._momentum,
            "adam": self._adam,
            "adamw": self._adamw,
        }[self.settings.name]
        update(gradient, variable, ops.convert_to_tensor(learning_rate, dtype="float64"))

    def _sgd(self, gradient: Any, variable: Any, rate: Any) -> None:
        self.assign_sub(variable, _in(variable, rate) * gradient)

    def _momentum(self, gradient: Any, variable: Any, rate: Any) -> None:
        velocity = self._slot("momentum", variable)
        self.assign(velocity, velocity * _in(variable, self.settings.momentum) + gradient)
        self.assign_sub(variable, _in(variable, rate) * velocity)

    def _adam(self, gradient: Any, variable: Any, rate: Any) -> None:
        m, v = self._slot("m", variable), self._slot("v", variable)
        beta_1 = ops.convert_to_tensor(self.settings.beta_1, dtype="float64")
        beta_2 = ops.convert_to_tensor(self.settings.beta_2, dtype="float64")
        step = ops.cast(self.iterations + 1, "float64")
        self.assign_add(m, (gradient - m) * _in(variable, 1.0 - beta_1))
        self.assign(
            v, v * _in(variable, beta_2) + ops.square(gradient) * _in(variable, 1.0 - beta_2)
        )
        correction_1 = 1.0 - ops.power(beta_1, step)
        correction_2 = ops.sqrt(1.0 - ops.power(beta_2, step))
        epsilon = _in(variable, self.settings.epsilon)
        denominator = ops.sqrt(v) / _in(variable, correction_2) + epsilon
        self.assign_sub(variable, _in(variable, rate / correction_1) * m / denominator)

    def _adamw(self, gradient: Any, variable: Any, rate: Any) -> None:
        if len(variable.shape) > 1:  # kernels; biases and norms do not decay
            decay = ops.convert_to_tensor(self.settings.weight_decay, dtype="float64")
            self.assign(variable, variable * _in(variable, 1.0 - rate * decay))
        self._adam(gradient, variable, rate)

    def _slot(self, name: str, variable: Any) -> Any:
        return self.slots[name][self._get_variable_index(variable)]


def _in(variable: Any, constant: Any) -> Any:
    """A constant in the variable's dtype."""
    if isinstance(constant, float):
        return ops.convert_to_tensor(constant, dtype=variable.dtype)
    return ops.cast(constant, variable.dtype)
