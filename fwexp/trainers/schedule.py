"""The sample order and the learning rates of a run, before it starts."""

import math

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Config


def sample_order(
    *, num_train: int, batch_size: int, num_steps: int, seed: int
) -> NDArray[np.int64]:
    """(steps, batch): one fresh permutation per epoch, end to end."""
    per_epoch = num_train // batch_size
    rng = np.random.default_rng([seed, 1])  # 0: weights; 1: sample order
    epochs = [
        rng.permutation(num_train)[: per_epoch * batch_size].reshape(per_epoch, batch_size)
        for _ in range(math.ceil(num_steps / per_epoch))
    ]
    return np.concatenate(epochs)[:num_steps]


def learning_rates(config: Config, num_steps: int) -> NDArray[np.float64]:
    """(steps,): linear warm-up to the peak, then constant, or half a cosine down to zero."""
    optimizer = config.optimizer
    num_warmup = math.floor(optimizer.schedule.warmup_fraction * num_steps)
    step = np.arange(num_steps)
    warmup = np.minimum((step + 1) / (num_warmup + 1), 1.0)
    if optimizer.schedule.name == "constant":
        return optimizer.learning_rate * warmup
    progress = np.maximum(step - num_warmup, 0) / max(1, num_steps - num_warmup)
    return optimizer.learning_rate * warmup * 0.5 * (1.0 + np.cos(np.pi * progress))
