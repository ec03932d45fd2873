"""Which part of a batch each of a run's replicas takes, and how much its loss counts.

A batch is split evenly and in order: replica r of n takes the r-th n-th of its samples.
"""

import os
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Config
from fwexp.errors import ConfigError
from fwexp.tasks.numerics import IGNORED
from fwexp.trainers.protocol import Recipe

MASKED = ("masked_cross_entropy",)  # the losses that ignore some labels


def num_replicas(config: Config) -> int:
    """How many copies of the model train together."""
    return config.hardware.devices * config.hardware.nodes


def has_ranks(config: Config) -> bool:
    """Whether each replica is a process of its own: torch's are, TensorFlow's share one."""
    return config.framework.name == "torch" and num_replicas(config) > 1


def rank(config: Config) -> int:
    """Which of the run's processes this is; rank 0 evaluates, measures and records for all."""
    return int(os.environ["RANK"]) if has_ranks(config) else 0


def on_one_device(config: Config) -> Config:
    """The same training on one device, of which a certificate is made."""
    return replace(config, hardware=replace(config.hardware, devices=1, nodes=1))


def batch_statistics(num_replicas: int) -> str:
    """What BatchNorm's statistics are taken over; they are never synchronised."""
    return "per replica" if num_replicas > 1 else "whole batch"


def share(order: NDArray[np.int64], *, replica: int, num_replicas: int) -> NDArray[np.int64]:
    """(steps, batch / replicas): the samples of one replica, in the order they are used."""
    return order.reshape(len(order), num_replicas, -1)[:, replica]


def loss_weights(recipe: Recipe, *, replica: int) -> NDArray[np.float64]:
    """(steps,): the weights of a replica's mean loss that make the replicas' mean the batch's.

    A share with more counted labels weighs more. Raises ConfigError where a share has none.
    """
    of_all = num_replicas(recipe.config)
    if of_all == 1 or recipe.task.loss not in MASKED:
        return np.ones(len(recipe.order))
    counts = labels_that_count(recipe)
    if not counts.all():
        step, empty = np.argwhere(counts == 0)[0]
        raise ConfigError(
            [
                f"training.batch_size={recipe.config.training.batch_size}: in step {step + 1} "
                f"replica {empty}'s share has no labels that count; choose a larger batch or fewer "
                "devices."
            ]
        )
    weights: NDArray[np.float64] = counts[:, replica] * of_all / counts.sum(axis=1)
    return weights


def labels_that_count(recipe: Recipe) -> NDArray[np.int64]:
    """(steps, replicas): in each replica's share of each batch."""
    of_sample = (
        (recipe.data.train.targets != IGNORED).reshape(len(recipe.data.train), -1).sum(axis=1)
    )
    by_replica = of_sample[recipe.order].reshape(len(recipe.order), num_replicas(recipe.config), -1)
    found: NDArray[np.int64] = by_replica.sum(axis=2)
    return found
