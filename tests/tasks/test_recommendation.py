"""HR@10 and NDCG@10 by hand, ties included, and the baseline to beat."""

import math

import numpy as np
import pytest

from fwexp.config.load import compose
from fwexp.data.dataset import DataSet, Split
from fwexp.tasks.recommendation import Recommendation, popularity, ranks
from fwexp.tasks.task import make_task

NUM_CANDIDATES = 12


def ratings(num_users: int, train_items: list[int], train_labels: list[int]) -> DataSet:
    """Each user's candidates are items 0…11, of which item 0 was taken."""
    items = np.tile(np.arange(NUM_CANDIDATES, dtype=np.int32), num_users)
    users = np.repeat(np.arange(num_users, dtype=np.int32), NUM_CANDIDATES)
    test = Split(inputs={"user": users, "item": items}, targets=(items == 0).astype(np.int64))
    train_inputs = {
        "user": np.zeros(len(train_items), dtype=np.int32),
        "item": np.array(train_items, dtype=np.int32),
    }
    return DataSet(
        name="small",
        train=Split(inputs=train_inputs, targets=np.array(train_labels)),
        test=test,
        sha256="",
        source="",
        licence="",
        extras={"num_candidates": np.array([NUM_CANDIDATES])},
    )


@pytest.fixture
def task() -> Recommendation:
    made = make_task(compose(["data=ml100k"]).data)
    assert isinstance(made, Recommendation)
    return made


def with_place(place: int) -> list[float]:
    """Scores that put the first candidate at this place, from 0 on."""
    return [0.5, *[1.0] * place, *[0.0] * (NUM_CANDIDATES - 1 - place)]


def test_hits_and_gains_by_hand(task):
    logits = np.array([with_place(place) for place in (0, 2, 9, 10)], dtype=np.float32)
    scores = task.evaluate(lambda _: logits.reshape(-1, 1), ratings(4, [0], [1]))
    assert scores["HR@10"] == 3 / 4
    # 1/log2(2) at the first place, 1/log2(4) at the third, 1/log2(11) at the tenth, then nothing
    assert scores["NDCG@10"] == pytest.approx((1 + 1 / 2 + 1 / math.log2(11)) / 4)


def test_the_loss_is_of_all_candidates(task):
    logits = np.linspace(-3, 3, NUM_CANDIDATES, dtype=np.float32)
    scores = task.evaluate(lambda _: logits[:, np.newaxis], ratings(1, [0], [1]))
    shares = 1 / (1 + np.exp(-logits.astype(float)))
    each = [-math.log(shares[0]), *-np.log(1 - shares[1:])]
    assert scores["loss"] == pytest.approx(np.mean(each))


def test_a_loss_of_large_logits_does_not_overflow(task):
    logits = np.full((NUM_CANDIDATES, 1), 1000.0, dtype=np.float32)
    scores = task.evaluate(lambda _: logits, ratings(1, [0], [1]))
    assert scores["loss"] == pytest.approx(1000 * 11 / 12)


def test_ties_and_what_is_no_number_count_against():
    assert ranks(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])).tolist() == [
        1,
        2,
        0,
    ]
    assert ranks(np.array([[np.nan, 1.0, 0.0], [1.0, np.nan, 0.0]])).tolist() == [2, 1]


def test_popularity_counts_what_was_taken_and_no_negatives():
    # item 0 was taken twice, items 1 to 9 three times, 10 and 11 never; negatives do not count
    taken = [0, 0, *(item for item in range(1, 10) for _ in range(3))]
    data = ratings(2, [*taken, *[10] * 9], [1] * len(taken) + [0] * 9)
    assert popularity(data)["HR@10"] == 1.0
    assert popularity(data)["NDCG@10"] == pytest.approx(1 / math.log2(11))


def test_samples_are_counted_and_more_hits_are_better(task):
    assert (task.metric.name, task.metric.higher_is_better, task.unit) == ("HR@10", True, "samples")
    assert task.metric.tell(0.607) == "60.7 % HR@10"
    assert task.num_units(np.zeros(7)) == 7
