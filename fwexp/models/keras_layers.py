"""Keras layers that follow torch's formulas, for the matched regime."""

from typing import Any

import keras
from keras import layers, ops


def padded(x: Any, size: int, *, stride: int, padding: int) -> tuple[Any, str]:
    """A convolution's input and `padding` argument for that many zeros on every side.

    At stride 1 TensorFlow's "same" pads so without copying the image into a larger one, as torch
    does; at other strides it pads unevenly, so a layer has to pad.
    """
    if stride == 1 and size == 2 * padding + 1:
        return x, "same"
    return layers.ZeroPadding2D(padding)(x), "valid"


class BatchNorm(keras.layers.BatchNormalization):  # type: ignore[misc]  # Keras has no types
    """BatchNormalization over the last axis whose running variance is unbiased, as torch's is.

    Otherwise the stock layer's computation, operation by operation (Keras 3.15).
    """

    def __init__(self, momentum: float, epsilon: float, **kwargs: Any) -> None:
        super().__init__(momentum=momentum, epsilon=epsilon, **kwargs)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        assert mask is None
        x = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        if training:
            axes = list(range(len(x.shape) - 1))
            mean, variance = ops.moments(x, axes=axes)
            self._update_statistics(mean, variance, count=ops.size(x) // x.shape[-1])
        else:
            mean = ops.cast(self.moving_mean, x.dtype)
            variance = ops.cast(self.moving_variance, x.dtype)
        gamma, beta = ops.cast(self.gamma, x.dtype), ops.cast(self.beta, x.dtype)
        out = ops.batch_normalization(x, mean, variance, -1, beta, gamma, self.epsilon)
        return ops.cast(out, self.compute_dtype)

    def _update_statistics(self, mean: Any, variance: Any, *, count: Any) -> None:
        n = ops.cast(count, variance.dtype)
        keep = self.momentum
        self.moving_mean.assign(self.moving_mean * keep + mean * (1.0 - keep))
        unbiased = variance * (n / (n - 1.0))
        self.moving_variance.assign(self.moving_variance * keep + unbiased * (1.0 - keep))


def wide_dtype() -> str:
    """The dtype of sums that stay wide: that of the weights, whatever the layers compute in."""
    return str(keras.config.dtype_policy().variable_dtype)
