"""What the trainers are given."""

import numpy as np
import pytest

from fwexp.data import cache, load, prepare
from fwexp.data.dataset import normalise
from fwexp.errors import DataError


@pytest.fixture
def prepared(colour, put, declare, tmp_path):
    def rows(images, labels):
        return np.hstack(
            [labels[:, None], images.transpose(0, 3, 1, 2).reshape(len(images), -1)]
        ).tobytes()

    names = [f"data_batch_{n}.bin" for n in range(1, 6)]
    parts = zip(names, np.split(colour.x_train, 5), np.split(colour.y_train, 5), strict=True)
    files = {name: rows(images, labels) for name, images, labels in parts}
    files["test_batch.bin"] = rows(colour.x_test, colour.y_test)
    data = declare(
        colour,
        format="cifar10",
        path=str(put(tmp_path / "files", files)),
        mean=[0.1, 0.2, 0.3],
        std=[0.4, 0.5, 0.6],
    )
    prepare(data, say=[].append)
    return data


def test_images_are_normalised_by_channel_and_labels_are_integers(prepared, colour):
    dataset = load(prepared)
    assert (dataset.x_train.dtype, dataset.y_train.dtype) == (np.float32, np.int64)
    expected = (colour.x_test / 255.0 - [0.1, 0.2, 0.3]) / [0.4, 0.5, 0.6]  # in float64
    np.testing.assert_allclose(dataset.x_test, expected, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(dataset.y_train, colour.y_train)
    np.testing.assert_array_equal(dataset.y_test, colour.y_test)
    assert (dataset.name, dataset.num_classes, dataset.licence) == ("small", 10, "none")
    assert (dataset.sha256, dataset.source) == (prepared.sha256, f"path {prepared.path}")


def test_normalising_is_float32_arithmetic_to_the_bit(prepared, colour):
    mean, std = np.float32([0.1, 0.2, 0.3]), np.float32([0.4, 0.5, 0.6])
    expected = (colour.x_train.astype(np.float32) / np.float32(255) - mean) / std
    np.testing.assert_array_equal(normalise(colour.x_train, data=prepared), expected)


def test_a_set_that_is_not_prepared_says_what_to_type(grey, declare):
    data = declare(grey, format="idx")
    with pytest.raises(DataError) as caught:
        load(data)
    assert str(caught.value) == (
        f"data=small: no decoded set in the cache ({cache.arrays_file(data)}); "
        "type fwexp data=small, which fetches and decodes it before it trains"
    )


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b"\xff" + b[1:], lambda b: b + b"x"])
def test_a_damaged_cache_file_is_never_used(prepared, spoil):
    file = cache.arrays_file(prepared)
    sound = file.read_bytes()
    assert spoil(sound) != sound
    file.write_bytes(spoil(sound))
    with pytest.raises(DataError) as caught:
        load(prepared)
    assert str(caught.value) == (
        f"data=small: {file} is damaged (its content is not the declared sha256); "
        f"type rm {file} and the same command again, which decodes it anew"
    )
    file.unlink()
    with pytest.raises(DataError, match="no decoded set in the cache"):
        load(prepared)
    prepare(prepared, say=[].append)
    load(prepared)


def test_loading_imports_neither_scikit_learn_nor_pandas_nor_a_framework():
    import subprocess
    import sys

    code = (
        "import sys; from fwexp.data import load, prepare, status\n"
        "heavy = {'sklearn', 'pandas', 'scipy', 'torch', 'tensorflow', 'PIL', 'requests'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_cache_file_that_cannot_be_read_says_what_to_do(prepared):
    file = cache.arrays_file(prepared)
    file.unlink()
    file.mkdir()  # unreadable as a file even for root
    with pytest.raises(DataError) as caught:
        load(prepared)
    assert str(caught.value) == (
        f"data=small: {file} cannot be read (Is a directory); "
        "make it readable, or type FWEXP_DATA=/a/folder/of/your/own before the command"
    )
