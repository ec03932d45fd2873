"""Tasks that can never give a score."""

import numpy as np
import pytest

from fwexp.config.load import compose
from fwexp.data.dataset import load
from fwexp.data.tokens import IGNORED
from fwexp.tasks.task import Inputs, Task, make_task

IMAGES = ["data=synthetic", "data.image_shape=[2,2,3]", "data.num_classes=4"]
PAIRS = ["data=synthetic_pairs", "data.target_length=5", "data.vocabulary_size=7"]
RATINGS = ["data=synthetic_ratings", "data.num_train=64"]


def scored(overrides: list[str], *, outputs: tuple[int, ...]) -> tuple[Task, dict[str, float], int]:
    """The task, what it keeps of a model that knows nothing, and how often it asked the model."""
    data = compose([*overrides, "training.batch_size=8"]).data
    task, asked = make_task(data), []

    def predict(inputs: Inputs) -> np.ndarray:
        asked.append(inputs)
        return np.zeros((data.num_test, *outputs))

    return task, task.evaluate(predict, load(data)), len(asked)


def test_the_loss_is_all_that_is_kept() -> None:
    task, scores, _ = scored(IMAGES, outputs=(4,))
    assert scores == {"loss": pytest.approx(np.log(4))}
    assert (task.loss, task.unit, task.num_units(np.zeros(3))) == ("cross_entropy", "images", 3)


def test_of_translation_nothing_is_translated() -> None:
    """Of each sentence all places are asked for once; a translation asks place after place."""
    task, scores, num_asked = scored(PAIRS, outputs=(5, 7))
    assert scores == {"loss": pytest.approx(np.log(7))}
    assert num_asked == 1
    assert (task.loss, task.unit) == ("masked_cross_entropy", "tokens")
    assert task.num_units(np.array([[5, 3, IGNORED], [6, 4, 3]])) == 5


def test_of_recommendation_no_hit_is_counted() -> None:
    task, scores, _ = scored(RATINGS, outputs=(1,))
    assert scores == {"loss": pytest.approx(np.log(2))}
    assert (task.loss, task.unit) == ("binary_cross_entropy", "samples")
    assert task.num_units(np.zeros(3)) == 3


def test_without_images_it_counts_samples() -> None:
    data = compose(["data=synthetic"]).data
    data.image_shape = None
    assert make_task(data).unit == "samples"
