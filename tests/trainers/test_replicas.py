"""What each replica takes of a batch, and what its loss counts."""

from dataclasses import replace

import numpy as np
import pytest

from fwexp.errors import ConfigError
from fwexp.tasks.numerics import IGNORED
from fwexp.trainers.protocol import Recipe
from fwexp.trainers.replicas import (
    has_ranks,
    labels_that_count,
    loss_weights,
    num_replicas,
    on_one_device,
    rank,
    share,
)
from tests.tiny import tiny_config
from tests.trainers.recipes import small_job


class Masked:
    """Stands in for a task whose loss leaves labels out."""

    loss = "masked_cross_entropy"


def masked_job(targets: list[list[int]], order: list[list[int]]) -> Recipe:
    recipe = small_job("torch", "hardware.devices=2")
    train = replace(recipe.data.train, targets=np.array(targets))
    return replace(
        recipe, task=Masked(), data=replace(recipe.data, train=train), order=np.array(order)
    )  # the inputs are not looked at


def test_shares_follow_one_another() -> None:
    order = np.arange(12).reshape(2, 6)
    shares = [share(order, replica=r, num_replicas=3).tolist() for r in range(3)]
    assert shares == [[[0, 1], [6, 7]], [[2, 3], [8, 9]], [[4, 5], [10, 11]]]
    assert np.array_equal(share(order, replica=0, num_replicas=1), order)


def test_replicas_and_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    several = ["hardware.devices=2", "hardware.nodes=3", "training.batch_size=6"]
    torch = tiny_config(*several)
    assert (num_replicas(torch), has_ranks(torch)) == (6, True)
    tf = tiny_config("framework=tf", "hardware.devices=2")
    assert (num_replicas(tf), has_ranks(tf)) == (2, False)
    monkeypatch.setenv("RANK", "4")
    assert [rank(config) for config in (torch, tf, tiny_config())] == [4, 0, 0]
    assert on_one_device(torch) == tiny_config("training.batch_size=6")


def test_a_mean_over_more_labels_counts_for_more() -> None:
    no = IGNORED
    recipe = masked_job(
        targets=[[1, no], [1, 1], [no, 1], [1, 1]], order=[[0, 2, 1, 3], [1, 3, 0, 2]]
    )
    assert labels_that_count(recipe).tolist() == [[2, 4], [4, 2]]
    weights = [loss_weights(recipe, replica=r).tolist() for r in (0, 1)]
    assert weights == [[2 * 2 / 6, 2 * 4 / 6], [2 * 4 / 6, 2 * 2 / 6]]


def test_every_share_of_a_loss_that_leaves_nothing_out_counts_the_same() -> None:
    recipe = small_job("torch", "hardware.devices=2")
    assert loss_weights(recipe, replica=1).tolist() == [1.0] * len(recipe.order)


def test_a_share_without_a_label() -> None:
    recipe = masked_job(targets=[[1], [1], [IGNORED], [1]], order=[[0, 1, 2, 3], [0, 1, 2, 2]])
    with pytest.raises(ConfigError) as raised:
        loss_weights(recipe, replica=0)
    assert str(raised.value) == (
        "training.batch_size=8: in step 2 replica 1's share has no labels that count; "
        "choose a larger batch or fewer devices."
    )
