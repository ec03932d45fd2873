"""Noise of any shape: made on the spot, always the same, and never with a score."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fwexp.config import compose
from fwexp.config.schema import Data
from fwexp.data import load, prepare, status, synthetic
from fwexp.errors import ConfigError, DataError

SHAPE = ["data.image_shape=[5,4,3]", "data.num_classes=7", "data.num_train=40", "data.num_test=9"]
PIXELS, LABELS = [95, 130, 194, 217], [2, 5, 4, 5]  # the streams' first


def declared(*overrides: str) -> Data:
    return compose(["data=synthetic", "training.batch_size=8", *overrides]).data


def test_the_shape_is_an_option() -> None:
    data = load(declared(*SHAPE))
    assert data.train.inputs["x"].shape == (40, 5, 4, 3)
    assert data.test.inputs["x"].shape == (9, 5, 4, 3)
    assert data.train.inputs["x"].dtype == np.float32
    assert set(data.train.targets.tolist()) == set(range(7))
    assert data.source == "made on the spot, from a fixed seed"


def test_one_channel_needs_one_mean_and_std() -> None:
    grey = ["data.image_shape=[5,4,1]", "data.mean=[0.5]", "data.std=[0.3]"]
    assert load(declared(*grey)).test.inputs["x"].shape == (4, 5, 4, 1)


def test_by_default_it_is_normalised() -> None:
    images = load(declared("data.image_shape=[32,32,3]")).train.inputs["x"]
    assert abs(images.mean()) < 0.01
    assert images.std() == pytest.approx(1.0, rel=0.01)


def test_it_is_always_the_same() -> None:
    first, again = (synthetic.make(declared(*SHAPE)) for _ in range(2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    # the stream itself, so that another release of NumPy that changed it would be noticed
    assert first["x_train"].ravel()[:4].tolist() == PIXELS
    assert first["y_train"][:4].tolist() == LABELS


def test_test_images_are_others_than_the_training_images() -> None:
    arrays = synthetic.make(declared(*SHAPE))
    seen = {image.tobytes() for image in arrays["x_train"]}
    assert not seen & {image.tobytes() for image in arrays["x_test"]}


def test_nothing_is_kept_in_the_cache(cache_folder: Path) -> None:
    data = declared(*SHAPE)
    assert prepare(data, say=[].append).source == synthetic.SOURCE
    load(data)
    assert not cache_folder.exists() or os.listdir(cache_folder) == []


def test_it_is_ready_without_a_download() -> None:
    found = status(declared(*SHAPE))
    assert found.cached is not None
    assert (found.cached.source, found.advice) == (synthetic.SOURCE, [])
    assert found.cached.num_bytes == 49 * (5 * 4 * 3 + 8)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"path": "/mine"},
            "data.path=/mine: the images are made on the spot, from a fixed seed; "
            "leave data.path out",
        ),
        (
            {"num_classes": None},
            "data.image_shape and data.num_classes decide the noise: give both",
        ),
    ],
)
def test_a_declaration_that_is_not_of_noise(change: dict[str, object], problem: str) -> None:
    with pytest.raises(DataError) as raised:
        prepare(replace(declared(*SHAPE), **change), say=[].append)  # type: ignore[arg-type]
    assert str(raised.value) == f"data=synthetic: {problem}"


def test_another_hash_than_the_streams() -> None:
    data = declared(*SHAPE)
    with pytest.raises(DataError) as raised:
        load(replace(data, sha256="0" * 64))
    assert str(raised.value) == (
        f"data=synthetic: data.sha256={'0' * 64}: the noise begins with {data.sha256}; "
        "leave data.sha256 out"
    )


def test_no_task_with_an_accuracy_is_allowed() -> None:
    with pytest.raises(ConfigError) as raised:
        declared("data.task=classification", "data.num_test=1000")
    assert raised.value.problems == [
        "data.task=classification: synthetic is noise, of which nothing can be learnt; "
        "choose data.task=throughput, or another data set."
    ]


def test_there_is_no_target_to_reach() -> None:
    with pytest.raises(ConfigError) as raised:
        declared("training.target=0.9")
    assert raised.value.problems == [
        "training.target=0.9: throughput has no score to reach; set it to null."
    ]


def test_few_test_images_are_enough() -> None:
    """No accuracy, so no margin that so few could not resolve."""
    assert declared("data.num_test=1").num_test == 1
