"""Passages of the King James Bible, each labelled with its section."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fwexp.data.arrays import Arrays
from fwexp.data.faults import DamagedFile
from fwexp.data.formats.kjv import plain, read_verses

SEQUENCE_LENGTH = 96  # characters per passage
SECTIONS = {  # and the first book of each, in the order of the text
    "law": "Genesis",
    "history": "Joshua",
    "poetry": "Job",
    "prophets": "Isaiah",
    "gospels and acts": "Matthew",
    "letters and revelation": "Romans",
}
_PIECE = 16  # neighbouring passages that stay in one part
_TEST_EVERY = 20  # pieces


def decode(folder: Path) -> Arrays:
    """Passages (samples, 96) of character numbers, and the number of the section of each.

    Each section's text is cut into passages of one length, and these into pieces of 16; the last
    of every 20 pieces is test text. `vocabulary` holds the characters' code points.
    """
    texts = dict(_texts(folder))
    vocabulary = np.unique(np.concatenate(list(texts.values())))
    parts: dict[bool, list[tuple[np.ndarray, int]]] = {False: [], True: []}
    for label, codes in enumerate(texts.values()):
        passages = np.searchsorted(vocabulary, _cut(codes)).astype(np.uint8)
        test = np.arange(len(passages)) // _PIECE % _TEST_EVERY == _TEST_EVERY - 1
        parts[False].append((passages[~test], label))
        parts[True].append((passages[test], label))
    arrays = {}
    for name, is_test in (("train", False), ("test", True)):
        arrays[f"x_{name}"] = np.concatenate([p for p, _ in parts[is_test]])
        labels = [np.full(len(p), label, dtype=np.uint8) for p, label in parts[is_test]]
        arrays[f"y_{name}"] = np.concatenate(labels)
    return {**arrays, "vocabulary": vocabulary}


def _texts(folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Each section's characters, as code points."""
    verses = read_verses(folder)
    books = [reference.rpartition(" ")[0] for reference in verses]
    missing = [book for book in SECTIONS.values() if book not in books]
    if missing:
        raise DamagedFile(folder, problem=f"has no verse of {', '.join(missing)}")
    starts = [books.index(book) for book in SECTIONS.values()]
    texts = list(verses.values())
    for section, start, end in zip(SECTIONS, starts, [*starts[1:], len(texts)], strict=True):
        yield section, plain(texts[start:end])


def _cut(codes: np.ndarray) -> np.ndarray:
    count = len(codes) // SEQUENCE_LENGTH
    return codes[: count * SEQUENCE_LENGTH].reshape(count, SEQUENCE_LENGTH)
