"""A task that can never give an accuracy."""

import numpy as np
import pytest

from fwexp.config import compose
from fwexp.data import load
from fwexp.tasks import make_task
from fwexp.tasks.task import Inputs


def test_the_loss_is_all_that_is_kept() -> None:
    small = ["data.image_shape=[2,2,3]", "data.num_classes=4", "training.batch_size=8"]
    config = compose(["data=synthetic", *small])
    task = make_task(config.data)

    def predict(inputs: Inputs) -> np.ndarray:
        return np.zeros((len(inputs["x"]), 4))

    scores = task.evaluate(predict, load(config.data))
    assert scores == {"loss": pytest.approx(np.log(4))}
    assert task.metric.name == "loss"
    assert not task.metric.compared
    assert (task.unit, task.num_units(np.zeros(3))) == ("images", 3)


def test_without_images_it_counts_samples() -> None:
    data = compose(["data=synthetic"]).data
    data.image_shape = None
    assert make_task(data).unit == "samples"
