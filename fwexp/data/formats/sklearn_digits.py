"""The 8 × 8 digits that ship with scikit-learn, and our fixed split of them."""

import io
from pathlib import Path

import numpy as np

from fwexp.data.arrays import Arrays, Bytes
from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.reading import read_whole

_FILE = "digits.csv.gz"  # the file behind sklearn.datasets.load_digits
_PIXELS = 8 * 8
_TEST_EVERY = 5


def decode(folder: Path) -> Arrays:
    """The four arrays of the 1437 / 360 split, images as (samples, 8, 8, 1)."""
    file = folder / _FILE
    if not file.is_file():
        raise MissingFiles(folder, names=[_FILE])
    rows = _read_rows(file)
    images, labels = rows[:, :-1].reshape(-1, 8, 8, 1), rows[:, -1]
    test = is_test(labels)
    return {
        "x_train": images[~test],
        "y_train": labels[~test],
        "x_test": images[test],
        "y_test": labels[test],
    }


def is_test(labels: Bytes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which samples are the test set: stably sorted by label, every fifth from the first on.

    So each class gives a fifth of its samples, give or take one; no random generator is needed,
    and both parts keep the original order.
    """
    test = np.zeros(len(labels), dtype=np.bool_)
    test[np.argsort(labels, kind="stable")[::_TEST_EVERY]] = True
    return test


def _read_rows(file: Path) -> Bytes:
    """One row per sample: 64 pixels of 0…16, then the label."""
    try:
        rows = np.loadtxt(io.StringIO(read_whole(file).decode()), delimiter=",", ndmin=2)
    except ValueError as error:
        raise DamagedFile(file, problem=f"is not a table of numbers ({error})") from error
    if rows.shape[1:] != (_PIXELS + 1,) or rows.min() < 0 or rows.max() > 255:
        raise DamagedFile(file, problem="is not a table of 64 pixels and a label, each 0…255")
    return rows.astype(np.uint8)
