"""The sets that conf/data declares, decoded for real where they are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

from fwexp.config.dotted import load_dotted
from fwexp.data import cache
from fwexp.data.dataset import load
from fwexp.data.preparation import prepare
from fwexp.data.sources.registry import origins
from fwexp.data.synthetic import is_synthetic

CONF = Path(__file__).parents[2] / "conf" / "data"
USERS_CACHE = os.environ.get("FWEXP_DATA")  # before the tests' own takes its place
NAMES = sorted(file.stem for file in CONF.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_each_declaration_is_whole(real, name):
    data = real(name)
    assert (data.name, len(data.sha256), data.path) == (name, 64, None)
    assert callable(load_dotted(data.format, key="data.format"))
    assert callable(load_dotted(data.task, key="data.task"))
    assert bool(origins(data)) is not is_synthetic(data)
    assert data.licence
    assert data.provenance


def check(data):
    """Content as declared, and mean and std those of its training images."""
    dataset = load(data)
    images = dataset.train.inputs["x"]
    assert images.shape == (data.num_train, *data.image_shape)
    pixels = images.reshape(-1, data.image_shape[-1])
    np.testing.assert_allclose(pixels.mean(axis=0, dtype=np.float64), 0, atol=1e-6)
    np.testing.assert_allclose(pixels.std(axis=0, dtype=np.float64), 1, atol=1e-6)


def test_digits(real):
    data = real("digits")
    prepare(data, say=[].append)
    check(data)


def test_fashion_mnist_from_the_system_package(real, require):
    data = real("fashion_mnist")
    require(Path(data.sources[0].directory).is_dir(), "no dataset-fashion-mnist installed")
    prepare(data, say=[].append)
    check(data)
    assert load(data).source == "system package dataset-fashion-mnist"


@pytest.mark.parametrize(
    ("name", "first_train", "first_test"),
    [
        ("mnist", [5, 0, 4, 1, 9, 2, 1, 3, 1, 4], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]),
        ("cifar10", [6, 9, 9, 4, 1, 1, 2, 7, 8, 3], [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]),
    ],
)
def test_a_set_in_the_users_own_cache(real, require, monkeypatch, name, first_train, first_test):
    """Too large to download in a test; `fwexp data=NAME` puts it there."""
    if USERS_CACHE is None:
        monkeypatch.delenv("FWEXP_DATA")
    else:
        monkeypatch.setenv("FWEXP_DATA", USERS_CACHE)
    data = real(name)
    require(cache.provenance_of(data) is not None, f"{name} is not in the data cache")
    check(data)
    dataset = load(data)
    assert dataset.train.targets[:10].tolist() == first_train
    assert dataset.test.targets[:10].tolist() == first_test
