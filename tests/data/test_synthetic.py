"""Noise of any shape: made on the spot, always the same, and never with a score."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fwexp.config.dotted import load_dotted
from fwexp.config.load import compose
from fwexp.config.schema import Data
from fwexp.data import synthetic
from fwexp.data.dataset import load
from fwexp.data.preparation import prepare
from fwexp.data.presence import status
from fwexp.data.tokens import BOS, EOS
from fwexp.errors import ConfigError, DataError

SHAPE = ["data.image_shape=[5,4,3]", "data.num_classes=7", "data.num_train=40", "data.num_test=9"]
PAIRS = [
    *("data=synthetic_pairs", "data.sequence_length=4", "data.target_length=6"),
    *("data.vocabulary_size=9", "data.num_train=300", "data.num_test=5"),
]
RATINGS = [
    *("data=synthetic_ratings", "data.num_users=7", "data.num_items=5"),
    *("data.num_train=2000", "data.num_test=9"),
]
PIXELS, LABELS = [95, 130, 194, 217], [2, 5, 4, 5]  # the streams' first
SOURCE, TARGET = [5, 6, 8, EOS], [6, 5, 4, 7, 8, EOS]
USERS, ITEMS, CLICKS = [0, 4, 1, 5, 6], [2, 1, 0, 3, 4], [0, 1, 0, 0, 1]


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
            "data.path=/mine: the noise is made on the spot, from a fixed seed; "
            "leave data.path out",
        ),
        (
            {"num_classes": None},
            "data.num_classes: data.format=fwexp.data.synthetic:images needs it; "
            "type data.num_classes=…",
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


def test_each_kind_of_noise_is_what_its_name_says() -> None:
    for path, noise in synthetic.NOISES.items():
        assert load_dotted(path, key="data.format") is noise.make


def test_pairs_are_whole_sentences() -> None:
    data = load(declared(*PAIRS))
    assert (len(data.train), len(data.test)) == (300, 5)
    assert list(data.train.inputs) == ["source", "target_in"]
    for part in (data.train, data.test):
        source, target_in = part.inputs["source"], part.inputs["target_in"]
        assert (source.dtype, source.shape[1], target_in.shape[1]) == (np.int32, 4, 6)
        assert (source[:, -1] == EOS).all()
        assert (target_in[:, 0] == BOS).all()
        assert (part.targets[:, -1] == EOS).all()
        assert np.array_equal(target_in[:, 1:], part.targets[:, :-1])
    words = {4, 5, 6, 7, 8}  # none of the four tokens that stand for no word
    assert set(data.train.inputs["source"][:, :-1].ravel().tolist()) == words
    assert set(data.train.targets[:, :-1].ravel().tolist()) == words
    assert not np.array_equal(data.train.inputs["source"][:, :3], data.train.targets[:, :3])


def test_a_sentence_of_one_place_is_its_end() -> None:
    data = load(declared(*PAIRS, "data.sequence_length=1", "data.target_length=1"))
    assert set(data.train.inputs["source"].ravel().tolist()) == {EOS}
    assert set(data.train.targets.ravel().tolist()) == {EOS}


def test_ratings_are_of_every_user_and_item_and_one_in_five_a_click() -> None:
    data = load(declared(*RATINGS))
    user, item = data.train.inputs["user"], data.train.inputs["item"]
    assert (user.shape, item.shape, user.dtype) == ((2000,), (2000,), np.int32)
    assert (set(user.tolist()), set(item.tolist())) == (set(range(7)), set(range(5)))
    assert set(data.train.targets.tolist()) == {0, 1}
    assert data.train.targets.mean() == pytest.approx(0.2, abs=0.03)
    assert len(data.test) == 9


def test_by_default_they_are_of_the_published_sizes() -> None:
    pairs, ratings = declared("data=synthetic_pairs"), declared("data=synthetic_ratings")
    assert pairs.vocabulary_size == 32317
    assert (ratings.num_users, ratings.num_items) == (138_493, 26_744)


def test_they_are_always_the_same() -> None:
    # the streams themselves, as above
    pairs, ratings = (synthetic.make(declared(*overrides)) for overrides in (PAIRS, RATINGS))
    assert pairs["x_train.source"][0].tolist() == SOURCE
    assert pairs["y_train"][0].tolist() == TARGET
    rows = [ratings[name][:5].tolist() for name in ("x_train.user", "x_train.item", "y_train")]
    assert rows == [USERS, ITEMS, CLICKS]


def test_the_test_rows_are_others_than_the_training_rows() -> None:
    arrays = synthetic.make(declared(*PAIRS, "data.vocabulary_size=1000"))
    seen = {row.tobytes() for row in arrays["x_train.source"]}
    assert not seen & {row.tobytes() for row in arrays["x_test.source"]}


@pytest.mark.parametrize(
    ("overrides", "change", "problem"),
    [
        (
            PAIRS,
            {"vocabulary_size": 4},
            "data.vocabulary_size=4: the first 4 tokens stand for no word; type 5 or more",
        ),
        (
            PAIRS,
            {"sequence_length": None, "target_length": None},
            "data.sequence_length: data.format=fwexp.data.synthetic:pairs needs it; "
            "type data.sequence_length=…; "
            "data.target_length: data.format=fwexp.data.synthetic:pairs needs it; "
            "type data.target_length=…",
        ),
        (
            RATINGS,
            {"format": "fwexp.data.synthetic:images"},  # noise of another shape
            "data.image_shape: data.format=fwexp.data.synthetic:images needs it; "
            "type data.image_shape=…; "
            "data.num_classes: data.format=fwexp.data.synthetic:images needs it; "
            "type data.num_classes=…",
        ),
    ],
)
def test_a_declaration_that_is_not_of_this_noise(
    overrides: list[str], change: dict[str, object], problem: str
) -> None:
    data = declared(*overrides)
    with pytest.raises(DataError) as raised:
        prepare(replace(data, **change), say=[].append)  # type: ignore[arg-type]
    assert str(raised.value) == f"data={data.name}: {problem}"


@pytest.mark.parametrize(
    "name", ["sequence_length", "target_length", "vocabulary_size", "num_users", "num_items"]
)
def test_a_size_of_nothing(name: str) -> None:
    with pytest.raises(ConfigError) as raised:
        declared(f"data.{name}=0")
    assert raised.value.problems == [f"data.{name}=0: must be at least 1."]
