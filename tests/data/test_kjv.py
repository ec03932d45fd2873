"""The King James Bible as windows of running text, and as passages of sections."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from fwexp.config.load import compose
from fwexp.data.arrays import Arrays
from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.formats import kjv, kjv_sections
from tests.text import verses, write_verses


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_verses(tmp_path_factory.mktemp("kjv"))


def spelt(arrays: Arrays, numbers: np.ndarray) -> str:
    return "".join(chr(code) for code in arrays["vocabulary"][numbers.ravel()])


def plain(book: str = "") -> str:
    """What is to be read of all verses, or of one book's."""
    own = (verse for reference, verse in verses().items() if reference.startswith(book))
    return "\n".join(re.sub(r"[#\[\]]", "", verse).strip() for verse in own)


@pytest.fixture(scope="module")
def text() -> str:
    return plain()


def test_targets_are_the_text_one_character_on(folder: Path, text: str) -> None:
    arrays = kjv.decode(folder)
    first, last = slice(0, 40), slice(-1, None)
    assert spelt(arrays, arrays["x_train"][first]) == text[: 40 * 64]
    assert spelt(arrays, arrays["y_train"][first]) == text[1 : 40 * 64 + 1]
    assert spelt(arrays, arrays["x_train"][last])[1:] == spelt(arrays, arrays["y_train"][last])[:-1]


def test_one_piece_of_forty_is_test_text(folder: Path, text: str) -> None:
    arrays = kjv.decode(folder)
    start = 39 * 64 * 64  # of the fortieth piece: 64 windows of 64 characters before each
    assert spelt(arrays, arrays["x_test"][:5]) == text[start : start + 5 * 64]
    num_windows = (len(text) - 1) // 64
    assert len(arrays["x_train"]) + len(arrays["x_test"]) == num_windows
    assert len(arrays["x_test"]) == min(64, num_windows - 39 * 64)


def test_the_numbers_count_the_characters_that_there_are(folder: Path, text: str) -> None:
    vocabulary = kjv.decode(folder)["vocabulary"]
    assert "".join(map(chr, vocabulary)) == "".join(sorted(set(text)))


def test_a_passage_stands_in_its_section(folder: Path) -> None:
    arrays = kjv_sections.decode(folder)
    for label, book in enumerate(kjv_sections.SECTIONS.values()):
        own = plain(book)
        passages = arrays["x_train"][arrays["y_train"] == label]
        assert passages.shape[1] == 96
        assert spelt(arrays, passages[:3]) == own[: 3 * 96]
        parts = (arrays["y_train"], arrays["y_test"])
        assert sum(int((labels == label).sum()) for labels in parts) == len(own) // 96


def test_the_declared_length_is_the_decoders() -> None:
    assert compose(["data=text"]).data.sequence_length == kjv.SEQUENCE_LENGTH
    passages = compose(["data=passages"]).data
    assert passages.sequence_length == kjv_sections.SEQUENCE_LENGTH
    assert passages.num_classes == len(kjv_sections.SECTIONS)


def test_a_folder_without_the_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFiles, match=r"verses-1769\.json"):
        kjv.decode(tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is not JSON ("),
        ("[]", "is not a JSON object of verses"),
        ('{"a": 1}', "is not a JSON object"),
    ],
)
def test_a_file_that_holds_something_else(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "verses-1769.json").write_text(content)
    with pytest.raises(DamagedFile) as raised:
        kjv.decode(tmp_path)
    assert raised.value.problem.startswith(problem)


def test_a_bible_without_a_section(tmp_path: Path) -> None:
    (tmp_path / "verses-1769.json").write_text(json.dumps({"Genesis 1:1": "In the beginning"}))
    with pytest.raises(DamagedFile) as raised:
        kjv_sections.decode(tmp_path)
    assert raised.value.problem == "has no verse of Joshua, Job, Isaiah, Matthew, Romans"
