"""The sample order, the learning rates and the evaluation steps of a run, before it starts."""

import math

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Config


def num_steps(config: Config) -> int:
    """Optimizer steps of the whole run."""
    training = config.training
    if training.num_steps is not None:
        return training.num_steps
    assert training.num_epochs is not None  # a rule of config/rules.py
    return max(1, round(training.num_epochs * config.steps_per_epoch))


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


def evaluation_steps(config: Config, *, num_steps: int) -> list[int]:
    """After how many optimizer steps to evaluate: untrained (0), every so many epochs, last."""
    every = max(1, round(config.training.evaluate_every_epochs * config.steps_per_epoch))
    return sorted({0, *range(every, num_steps, every), num_steps})
