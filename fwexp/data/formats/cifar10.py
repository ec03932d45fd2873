"""CIFAR-10: its authors' binary batches, or the same batches as PNG images with JSON labels."""

import json
from pathlib import Path

import numpy as np

from fwexp.data.arrays import Arrays, Bytes
from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.reading import read_whole

_TRAIN = [f"data_batch_{number}" for number in range(1, 6)]
_TEST = ["test_batch"]
_TRAIN_LABELS, _TEST_LABELS = "train_lables.json", "test_lables.json"  # sic
_PIXELS = 3 * 32 * 32


def decode(folder: Path) -> Arrays:
    """The four arrays, images as (samples, 32, 32, 3), in the order of the binary batches."""
    if (folder / "cifar-10-batches-bin").is_dir():  # what the original archive unpacks to
        folder = folder / "cifar-10-batches-bin"
    binary = [f"{name}.bin" for name in _TRAIN + _TEST]
    images = [*(f"{name}.png" for name in _TRAIN + _TEST), _TRAIN_LABELS, _TEST_LABELS]
    if not _missing(folder, images):
        return _decode_images(folder)
    if missing := _missing(folder, binary):
        raise MissingFiles(folder, names=missing)
    return _decode_binary(folder)


def _missing(folder: Path, names: list[str]) -> list[str]:
    return [name for name in names if not (folder / name).is_file()]


def _decode_binary(folder: Path) -> Arrays:
    train = np.concatenate([read_records(folder / f"{name}.bin") for name in _TRAIN])
    test = np.concatenate([read_records(folder / f"{name}.bin") for name in _TEST])
    return {
        "x_train": _channels_last(train),
        "y_train": train[:, 0],
        "x_test": _channels_last(test),
        "y_test": test[:, 0],
    }


def read_records(file: Path) -> Bytes:
    """One binary batch: per sample a row of its label and 1024 red, green and blue values each."""
    raw = read_whole(file)
    if not raw or len(raw) % (1 + _PIXELS):
        raise DamagedFile(
            file, problem=f"holds {len(raw)} bytes, not a multiple of {1 + _PIXELS} per sample"
        )
    return np.frombuffer(raw, np.uint8).reshape(-1, 1 + _PIXELS)


def _channels_last(records: Bytes) -> Bytes:
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1))


def _decode_images(folder: Path) -> Arrays:
    x_train = np.concatenate([read_image(folder / f"{name}.png") for name in _TRAIN])
    x_test = np.concatenate([read_image(folder / f"{name}.png") for name in _TEST])
    return {
        "x_train": x_train,
        "y_train": read_labels(folder / _TRAIN_LABELS, count=len(x_train)),
        "x_test": x_test,
        "y_test": read_labels(folder / _TEST_LABELS, count=len(x_test)),
    }


def read_image(file: Path) -> Bytes:
    """One PNG batch: a row of 1024 RGB pixels is a sample's 32 × 32."""
    from PIL import Image

    try:
        with Image.open(file, formats=["PNG"]) as image:
            pixels = np.asarray(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DamagedFile(file, problem=f"is not a readable PNG image ({error})") from error
    if pixels.ndim != 3 or pixels.shape[1:] != (1024, 3):
        raise DamagedFile(
            file, problem=f"has shape {list(pixels.shape)} instead of rows of 1024 RGB pixels"
        )
    return pixels.reshape(-1, 32, 32, 3)


def read_labels(file: Path, *, count: int) -> Bytes:
    """A JSON list of `count` labels."""
    try:
        labels = json.loads(read_whole(file))
        if not isinstance(labels, list) or len(labels) != count:
            raise ValueError(f"not a list of {count} labels")
        return np.array([_label(label) for label in labels], dtype=np.uint8)
    except ValueError as error:
        raise DamagedFile(file, problem=f"cannot be read as labels ({error})") from error


def _label(value: object) -> int:
    if type(value) is not int or not 0 <= value <= 255:
        raise ValueError(f"{value!r} is not a label")
    return value
