"""What the trainers are given."""

import numpy as np
import pytest

from fwexp.data import cache
from fwexp.data.arrays import content_sha256
from fwexp.data.dataset import load, normalise, split
from fwexp.data.formats import idx
from fwexp.data.preparation import prepare
from fwexp.errors import DataError


@pytest.fixture
def prepared(colour, put, declare, tmp_path):
    def rows(images, labels):
        return np.hstack(
            [labels[:, None], images.transpose(0, 3, 1, 2).reshape(len(images), -1)]
        ).tobytes()

    names = [f"data_batch_{n}.bin" for n in range(1, 6)]
    images, labels = colour["x_train"], colour["y_train"]
    parts = zip(names, np.split(images, 5), np.split(labels, 5), strict=True)
    files = {name: rows(images, labels) for name, images, labels in parts}
    files["test_batch.bin"] = rows(colour["x_test"], colour["y_test"])
    data = declare(
        colour,
        format="fwexp.data.formats.cifar10:decode",
        path=str(put(tmp_path / "files", files)),
        mean=[0.1, 0.2, 0.3],
        std=[0.4, 0.5, 0.6],
    )
    prepare(data, say=[].append)
    return data


def test_images_are_normalised_by_channel_and_labels_are_integers(prepared, colour):
    dataset = load(prepared)
    assert list(dataset.train.inputs) == list(dataset.test.inputs) == ["x"]
    images, labels = dataset.train.inputs["x"], dataset.train.targets
    assert (images.dtype, labels.dtype) == (np.float32, np.int64)
    expected = (colour["x_test"] / 255.0 - [0.1, 0.2, 0.3]) / [0.4, 0.5, 0.6]  # in float64
    np.testing.assert_allclose(dataset.test.inputs["x"], expected, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(labels, colour["y_train"])
    np.testing.assert_array_equal(dataset.test.targets, colour["y_test"])
    assert (len(dataset.train), len(dataset.test)) == (20, 10)
    assert (dataset.name, dataset.licence, dataset.extras) == ("small", "none", {})
    assert (dataset.sha256, dataset.source) == (prepared.sha256, f"path {prepared.path}")


@pytest.fixture
def pairs(grey, declare, put, tmp_path, monkeypatch):
    """A set of two inputs, of several types, that are no images; with something extra."""
    arrays = {
        "x_train.source": np.arange(60, dtype=np.int16).reshape(20, 3),
        "x_train.weight": np.linspace(0, 1, 20),
        "y_train": np.arange(20, dtype=np.int32) - 1,
        "x_test.source": np.arange(30, dtype=np.int16).reshape(10, 3),
        "x_test.weight": np.linspace(1, 2, 10),
        "y_test": np.arange(10, dtype=np.int32),
        "vocabulary": np.array([97, 98], dtype=np.uint32),
    }
    monkeypatch.setattr(idx, "decode", lambda _: arrays)
    bare = dict.fromkeys(("image_shape", "scale", "mean", "std", "num_classes"))
    data = declare(
        grey,
        path=str(put(tmp_path / "files", {})),
        sha256=content_sha256(arrays),
        **bare,
    )
    prepare(data, say=[].append)
    return data, arrays


def test_inputs_have_names_an_order_and_the_types_of_the_trainers(pairs):
    data, arrays = pairs
    dataset = load(data)
    for part, samples in (("train", dataset.train), ("test", dataset.test)):
        assert list(samples.inputs) == ["source", "weight"]
        types = [array.dtype for array in (*samples.inputs.values(), samples.targets)]
        assert types == [np.int32, np.float32, np.int64]
        for name, array in samples.inputs.items():
            np.testing.assert_array_equal(array, arrays[f"x_{part}.{name}"].astype(array.dtype))
        np.testing.assert_array_equal(samples.targets, arrays[f"y_{part}"])
    assert list(dataset.extras) == ["vocabulary"]
    assert dataset.extras["vocabulary"].dtype == np.uint32
    assert dataset.extras["vocabulary"].tolist() == [97, 98]


def test_real_targets_stay_real(pairs):
    data, arrays = pairs
    real = {**arrays, "y_test": np.linspace(0, 1, 10)}
    targets = split(real, "test", data=data).targets
    assert targets.dtype == np.float32
    np.testing.assert_array_equal(targets, np.linspace(0, 1, 10).astype(np.float32))


def test_the_first_samples_of_a_split(pairs):
    first = load(pairs[0]).train.first(4)
    assert len(first) == 4
    assert {name: len(array) for name, array in first.inputs.items()} == {"source": 4, "weight": 4}
    assert first.inputs["source"][-1].tolist() == [9, 10, 11]
    assert first.targets.tolist() == [-1, 0, 1, 2]


def test_a_cached_set_that_is_not_as_declared_is_refused(prepared):
    prepared.num_classes = 3
    with pytest.raises(
        DataError, match=r"^data=small: y_train holds the label \d, but 3 classes are declared"
    ):
        load(prepared)


def test_normalising_is_float32_arithmetic_to_the_bit(prepared, colour):
    mean, std = np.float32([0.1, 0.2, 0.3]), np.float32([0.4, 0.5, 0.6])
    expected = (colour["x_train"].astype(np.float32) / np.float32(255) - mean) / std
    np.testing.assert_array_equal(normalise(colour["x_train"], data=prepared), expected)


def test_a_set_that_is_not_prepared_says_what_to_type(grey, declare):
    data = declare(grey)
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
        f"data=small: {file} is damaged (its sha256 is not the declared one); "
        f"type rm {file} and the same command again, which decodes it again"
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
        "import sys; from fwexp.data import dataset, preparation, presence\n"
        "heavy = {'sklearn', 'pandas', 'scipy', 'torch', 'tensorflow', 'PIL', 'requests'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_runs_process_imports_nothing_that_prepares():
    import subprocess
    import sys

    code = (
        "import sys; import fwexp.data.dataset\n"
        "print(sorted(m for m in sys.modules if m.startswith('fwexp.data.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = ("arrays", "cache", "dataset", "synthetic", "tokens")
    assert done.stdout == f"{[f'fwexp.data.{name}' for name in names]}\n"


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
