"""The idx files of MNIST and of the data sets modelled on it, plain or gzipped."""

from math import prod
from pathlib import Path

import numpy as np

from fwexp.data.arrays import Arrays, Bytes
from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.reading import read_whole

_UNSIGNED_BYTE = 8  # the header's third byte: the type of the values
_NAMES = {  # array: (stem, axes)
    "x_train": ("train-images", 3),
    "y_train": ("train-labels", 1),
    "x_test": ("t10k-images", 3),
    "y_test": ("t10k-labels", 1),
}


def decode(folder: Path) -> Arrays:
    """The four arrays; the images get a last axis of one channel."""
    files = {name: _find(folder, stem, axes) for name, (stem, axes) in _NAMES.items()}
    missing = [f"{_NAMES[n][0]}-idx{_NAMES[n][1]}-ubyte[.gz]" for n, f in files.items() if not f]
    if missing:
        raise MissingFiles(folder, names=missing)
    arrays = {name: read_idx(file, axes=_NAMES[name][1]) for name, file in files.items() if file}
    for part in ("train", "test"):
        if len(arrays[f"x_{part}"]) != len(arrays[f"y_{part}"]):
            raise DamagedFile(
                files[f"y_{part}"] or folder,
                problem=f"holds {len(arrays[f'y_{part}'])} labels "
                f"for {len(arrays[f'x_{part}'])} images",
            )
    return {
        "x_train": arrays["x_train"][..., np.newaxis],
        "y_train": arrays["y_train"],
        "x_test": arrays["x_test"][..., np.newaxis],
        "y_test": arrays["y_test"],
    }


def read_idx(file: Path, *, axes: int) -> Bytes:
    """One idx file of unsigned bytes; its header is 0, 0, type, axes, then one length per axis."""
    raw = read_whole(file)
    header = 4 + 4 * axes
    if len(raw) < header or tuple(raw[:4]) != (0, 0, _UNSIGNED_BYTE, axes):
        raise DamagedFile(file, problem=f"is not an idx{axes} file of unsigned bytes")
    shape = [int(length) for length in np.frombuffer(raw, ">u4", count=axes, offset=4)]
    if len(raw) - header != prod(shape):
        raise DamagedFile(
            file,
            problem=f"holds {len(raw) - header} values; its header says {prod(shape)}",
        )
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)


def _find(folder: Path, stem: str, axes: int) -> Path | None:
    """The file under whichever of its usual names it has."""
    for separator in "-.":
        for ending in ("", ".gz"):
            file = folder / f"{stem}{separator}idx{axes}-ubyte{ending}"
            if file.is_file():
                return file
    return None
