"""The King James Bible as JSON, verse by verse, cut into windows of characters.

Markup is removed: "#" before a paragraph, brackets around words in italics. Verses follow each
other in the file's own order, one per line.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fwexp.data.arrays import Arrays, Bytes
from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.reading import read_whole

Codes = NDArray[np.uint32]

SEQUENCE_LENGTH = 64  # characters per window
_FILE = "verses-1769.json"
_PIECE = 64  # windows of running text that stay in one part
_TEST_EVERY = 40  # pieces
_MARKUP = str.maketrans("", "", "#[]")


def decode(folder: Path) -> Arrays:
    """Windows (samples, 64) of character numbers, and for each the same one character on.

    The text is cut into pieces of 64 windows; the last of every 40 pieces is test text.
    `vocabulary` holds the characters' code points: a character's number is its index in it.
    """
    codes = plain(read_verses(folder).values())
    vocabulary, numbers = np.unique(codes, return_inverse=True)
    inputs, targets = windows(numbers.astype(np.uint8))
    test = is_test(len(inputs))
    return {
        "x_train": inputs[~test],
        "y_train": targets[~test],
        "x_test": inputs[test],
        "y_test": targets[test],
        "vocabulary": vocabulary,
    }


def plain(verses: Iterable[str]) -> Codes:
    """Their text without markup: one line per verse, one code point per character."""
    text = "\n".join(verse.translate(_MARKUP).strip() for verse in verses)
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4")


def read_verses(folder: Path) -> dict[str, str]:
    """Each verse by its reference, "Genesis 1:1", in the order of the file."""
    file = folder / _FILE
    if not file.is_file():
        raise MissingFiles(folder, names=[_FILE])
    try:
        verses = json.loads(read_whole(file))
    except ValueError as error:
        raise DamagedFile(file, problem=f"is not JSON ({error})") from error
    if not isinstance(verses, dict) or not all(isinstance(v, str) for v in verses.values()):
        raise DamagedFile(file, problem="is not a JSON object of verses")
    return verses


def windows(numbers: Bytes) -> tuple[Bytes, Bytes]:
    """Neighbouring windows of the text, and the same one character later."""
    count = (len(numbers) - 1) // SEQUENCE_LENGTH
    end = count * SEQUENCE_LENGTH
    shape = (count, SEQUENCE_LENGTH)
    return numbers[:end].reshape(shape), numbers[1 : end + 1].reshape(shape)


def is_test(num_windows: int) -> NDArray[np.bool_]:
    """Which windows are test text."""
    place: NDArray[np.int64] = np.arange(num_windows) // _PIECE % _TEST_EVERY
    return np.equal(place, _TEST_EVERY - 1)
