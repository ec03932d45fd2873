"""Each format decodes its files, and names the one that is damaged."""

import gzip
import io
import json

import numpy as np
import pytest
from PIL import Image

from fwexp.config.schema import Source
from fwexp.data.arrays import content_sha256
from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.formats import cifar10, idx, sklearn_digits
from fwexp.data.sources.sklearn import SklearnPackage


@pytest.mark.parametrize("separator", ["-", "."])
@pytest.mark.parametrize("gz", [True, False])
def test_idx_files_decode_under_each_of_their_names(grey, idx_files, put, tmp_path, separator, gz):
    folder = put(tmp_path / "files", idx_files(grey, separator=separator, gz=gz))
    assert content_sha256(idx.decode(folder)) == content_sha256(grey)


def test_missing_idx_files_are_named(grey, idx_files, put, tmp_path):
    files = idx_files(grey)
    del files["t10k-labels-idx1-ubyte.gz"], files["train-images-idx3-ubyte.gz"]
    with pytest.raises(MissingFiles) as caught:
        idx.decode(put(tmp_path, files))
    assert caught.value.names == ["train-images-idx3-ubyte[.gz]", "t10k-labels-idx1-ubyte[.gz]"]


def test_a_label_missing_for_an_image_is_damage(grey, idx_files, put, tmp_path):
    short = {**grey, "y_test": grey["y_test"][:-1]}
    with pytest.raises(DamagedFile, match=r"t10k-labels.* holds 9 labels for 10 images"):
        idx.decode(put(tmp_path, idx_files(short)))


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "is not an idx3 file of unsigned bytes"),
        (bytes([0, 0, 8, 1]) + bytes(12), "is not an idx3 file of unsigned bytes"),
        (bytes([0, 0, 9, 3]) + bytes(12), "is not an idx3 file of unsigned bytes"),
        (
            bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]) + bytes(23),
            "holds 23 values; its header says 24",
        ),
    ],
)
def test_an_idx_file_that_is_none_says_so(tmp_path, raw, problem):
    file = tmp_path / "train-images-idx3-ubyte"
    file.write_bytes(raw)
    with pytest.raises(DamagedFile) as caught:
        idx.read_idx(file, axes=3)
    assert (caught.value.file, caught.value.problem) == (file, problem)


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_a_truncated_gzip_file_is_named(grey, idx_files, put, tmp_path, keep):
    files = idx_files(grey)
    name = "train-images-idx3-ubyte.gz"
    files[name] = files[name][: int(keep * len(files[name]))]
    with pytest.raises(DamagedFile) as caught:
        idx.decode(put(tmp_path, files))
    assert caught.value.file == tmp_path / name


def test_a_flipped_bit_in_a_gzip_file_is_named(grey, idx_files, put, tmp_path):
    files = idx_files(grey)
    broken = bytearray(files["t10k-images-idx3-ubyte.gz"])
    broken[len(broken) // 2] ^= 0x10
    files["t10k-images-idx3-ubyte.gz"] = bytes(broken)
    with pytest.raises(DamagedFile, match=r"t10k-images-idx3-ubyte\.gz cannot be read in full"):
        idx.decode(put(tmp_path, files))


def test_a_gzip_file_with_a_broken_stream_is_named(tmp_path):
    file = tmp_path / "train-labels-idx1-ubyte.gz"
    file.write_bytes(gzip.compress(b"")[:10] + b"\x07")  # a block of no known type
    with pytest.raises(DamagedFile, match=r"cannot be read in full .*invalid block type"):
        idx.read_idx(file, axes=1)


def cifar_binary(arrays):
    """The original's rows: a label, then 1024 red, 1024 green and 1024 blue values."""

    def rows(images, labels):
        planes = [images[..., channel].reshape(len(images), -1) for channel in range(3)]
        return np.hstack([labels[:, np.newaxis], *planes]).tobytes()

    images, labels = arrays["x_train"], arrays["y_train"]
    size = len(images) // 5
    files = {
        f"data_batch_{n + 1}.bin": rows(
            images[n * size : (n + 1) * size], labels[n * size : (n + 1) * size]
        )
        for n in range(5)
    }
    return files | {"test_batch.bin": rows(arrays["x_test"], arrays["y_test"])}


def png(images):
    stream = io.BytesIO()
    Image.fromarray(images.reshape(len(images), 1024, 3)).save(stream, format="PNG")
    return stream.getvalue()


def cifar_images(arrays):
    files = {
        f"data_batch_{n + 1}.png": png(part)
        for n, part in enumerate(np.split(arrays["x_train"], 5))
    }
    return files | {
        "test_batch.png": png(arrays["x_test"]),
        "train_lables.json": json.dumps(arrays["y_train"].tolist()).encode(),
        "test_lables.json": json.dumps(arrays["y_test"].tolist()).encode(),
    }


@pytest.mark.parametrize("files_of", [cifar_binary, cifar_images])
def test_both_forms_of_cifar10_decode_to_the_same_arrays(colour, put, tmp_path, files_of):
    decoded = cifar10.decode(put(tmp_path, files_of(colour)))
    assert content_sha256(decoded) == content_sha256(colour)


def test_the_folder_that_the_original_archive_unpacks_to_is_looked_into(colour, put, tmp_path):
    put(tmp_path / "cifar-10-batches-bin", cifar_binary(colour))
    assert content_sha256(cifar10.decode(tmp_path)) == content_sha256(colour)


def test_missing_cifar_batches_are_named(colour, put, tmp_path):
    files = cifar_binary(colour)
    del files["data_batch_4.bin"]
    with pytest.raises(MissingFiles) as caught:
        cifar10.decode(put(tmp_path, files))
    assert caught.value.names == ["data_batch_4.bin"]


def _truncate(content):
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    ("files_of", "name", "spoil", "problem"),
    [
        (
            cifar_binary,
            "data_batch_2.bin",
            lambda content: content[:-1],
            "holds 12291 bytes, not a multiple of 3073 per sample",
        ),
        (cifar_binary, "test_batch.bin", lambda _: b"", "holds 0 bytes, not a multiple of 3073"),
        (cifar_images, "data_batch_3.png", _truncate, "is not a readable PNG image"),
        (cifar_images, "test_batch.png", lambda _: b"<html>", "is not a readable PNG image"),
        (
            cifar_images,
            "test_batch.png",
            lambda _: png(np.zeros((3, 32, 32, 3), np.uint8)),
            None,
        ),
        (cifar_images, "train_lables.json", _truncate, "cannot be read as labels"),
        (cifar_images, "test_lables.json", lambda _: b"[1, 2]", "not a list of 10 labels"),
        (
            cifar_images,
            "test_lables.json",
            lambda _: json.dumps([*range(9), 256]).encode(),
            "256 is not a label",
        ),
        (
            cifar_images,
            "test_lables.json",
            lambda _: json.dumps([*range(9), "cat"]).encode(),
            "'cat' is not a label",
        ),
    ],
)
def test_a_damaged_cifar_file_is_named(colour, put, tmp_path, files_of, name, spoil, problem):
    files = files_of(colour)
    files[name] = spoil(files[name])
    with pytest.raises(DamagedFile) as caught:
        cifar10.decode(put(tmp_path, files))
    if problem is None:  # a sound image of another count shows in the labels' file
        assert caught.value.problem == "cannot be read as labels (not a list of 3 labels)"
    else:
        assert caught.value.file == tmp_path / name
        assert problem in caught.value.problem


def test_an_image_of_another_width_is_named(tmp_path):
    file = tmp_path / "test_batch.png"
    Image.fromarray(np.zeros((4, 1000, 3), np.uint8)).save(file)
    with pytest.raises(DamagedFile) as caught:
        cifar10.read_image(file)
    assert caught.value.problem == "has shape [4, 1000, 3] instead of rows of 1024 RGB pixels"


def test_the_digits_are_those_of_scikit_learn(real):
    from sklearn.datasets import load_digits

    folder = SklearnPackage(Source(kind="sklearn"), data=real("digits")).state().folder
    arrays = sklearn_digits.decode(folder)
    digits = load_digits()
    test = sklearn_digits.is_test(digits.target.astype(np.uint8))
    np.testing.assert_array_equal(arrays["x_test"][..., 0], digits.images[test])
    np.testing.assert_array_equal(arrays["y_train"], digits.target[~test])
    assert (len(arrays["x_train"]), len(arrays["x_test"])) == (1437, 360)


def test_the_digits_split_gives_each_class_a_fifth():
    labels = np.random.default_rng(0).integers(0, 10, 1797).astype(np.uint8)
    test = sklearn_digits.is_test(labels)
    share = np.bincount(labels[test]) - np.bincount(labels) / 5
    assert test.sum() == 360
    assert np.abs(share).max() <= 1


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (b"1,2\n", "is not a table of 64 pixels and a label, each 0…255"),
        (b",".join([b"0"] * 64 + [b"300"]), "is not a table of 64 pixels and a label, each 0…255"),
        (b"<html>", "is not a table of numbers"),
    ],
)
def test_a_damaged_digits_file_is_named(tmp_path, table, problem):
    (tmp_path / "digits.csv.gz").write_bytes(gzip.compress(table))
    with pytest.raises(DamagedFile, match=problem):
        sklearn_digits.decode(tmp_path)
