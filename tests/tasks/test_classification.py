"""Accuracy, and what a classification counts."""

import math

import numpy as np
import pytest

from fwexp.config.load import compose
from fwexp.config.schema import Data
from fwexp.data.dataset import DataSet, Split
from fwexp.tasks.classification import Classification, accuracy
from fwexp.tasks.task import Inputs

LOGITS = np.array([[2.0, 0.0], [0.0, 1.0], [5.0, 4.0], [0.0, 3.0]])


@pytest.fixture
def digits() -> Data:
    return compose(["data=digits"]).data


def test_accuracy_is_the_share_whose_largest_logit_is_the_labels() -> None:
    assert accuracy(LOGITS, np.array([0, 1, 1, 1])) == 0.75


def test_of_equal_logits_the_first_counts() -> None:
    assert accuracy(np.zeros((2, 3)), np.array([0, 1])) == 0.5


def test_it_is_judged_on_the_test_set_by_accuracy_and_loss(digits: Data) -> None:
    train = Split(inputs={"x": np.zeros((1, 2))}, targets=np.zeros(1, dtype=np.int64))
    test = Split(inputs={"x": LOGITS}, targets=np.array([0, 1, 1, 1]))
    data = DataSet(name="d", train=train, test=test, sha256="", source="", licence="")

    def predict(inputs: Inputs) -> np.ndarray:
        return inputs["x"]

    scores = Classification(digits).evaluate(predict, data)
    loss = np.mean([math.log1p(math.exp(gap)) for gap in (-2, -1, 1, -3)])
    assert scores == {"accuracy": 0.75, "loss": pytest.approx(loss)}


def test_the_unit_is_a_sample_and_an_image_where_it_is_one(digits: Data) -> None:
    task = Classification(digits)
    assert (task.unit, task.num_units(np.zeros(7))) == ("images", 7)
    digits.image_shape = None
    assert Classification(digits).unit == "samples"


def test_an_accuracy_is_told_in_per_cent() -> None:
    assert Classification.metric.tell(0.98056) == "98.06 % accuracy"
