"""The verses of a SWORD module: compressed books, and an index of where each verse is.

SWORD's zText format has three files per testament: .bzz holds zlib streams, one per book; .bzs says
where each stream is; .bzv says which part of which book an entry is. Entries follow each other
verse by verse, with an entry for each book's and each chapter's heading. The headings carry their
reference, so no table of chapters and verses is needed, whatever the versification.
"""

import re
import struct
import zlib
from pathlib import Path

from fwexp.data.faults import DamagedFile
from fwexp.data.reading import read_whole

TESTAMENTS = ("ot", "nt")
ENDINGS = ("bzs", "bzv", "bzz")

_BOOK = re.compile(r'<div [^>]*osisID="[^"]+" sID="[^"]+" type="book"')
_CHAPTER = re.compile(r'<chapter [^>]*osisID="([^"]+)" sID=')
_APARTS = re.compile(r"<(note|title|speaker|reference)\b[^>]*(?<!/)>.*?</\1>", re.DOTALL)
_INSIDE_WORDS = re.compile(r"</?(w|q|seg|name|transChange)\b[^>]*>")
_TAG = re.compile(r"<[^>]+>")
_SPACE_BEFORE_STOP = re.compile(r" +([,.;:?!”’)])")


def files_of(module: Path) -> list[Path]:
    """The files that a module consists of."""
    return [module / f"{testament}.{ending}" for testament in TESTAMENTS for ending in ENDINGS]


def read_verses(module: Path) -> dict[str, str]:
    """The plain text of every verse by its reference, "Gen.1.1"; empty verses are left out.

    Raises:
        DamagedFile: a file does not follow the format.
    """
    verses: dict[str, str] = {}
    for testament in TESTAMENTS:
        verses |= _number(_entries(module, testament))
    return verses


def _entries(module: Path, testament: str) -> list[str]:
    texts = module / f"{testament}.bzz"
    index, places, packed = (read_whole(module / f"{testament}.{e}") for e in ("bzv", "bzs", "bzz"))
    try:
        books = [
            zlib.decompress(packed[start : start + size])
            for start, size, _ in struct.iter_unpack("<III", places)
        ]
        return [
            books[book][start : start + size].decode() if size else ""
            for book, start, size in struct.iter_unpack("<IIH", index)
        ]
    except (struct.error, zlib.error, IndexError, UnicodeDecodeError) as error:
        raise DamagedFile(texts, problem=f"is not the text of a SWORD module ({error})") from error


def _number(entries: list[str]) -> dict[str, str]:
    verses: dict[str, str] = {}
    chapter, number = None, 0
    for entry in entries:
        if heading := _CHAPTER.search(entry):
            chapter, number = heading[1], 0
            continue
        if _BOOK.search(entry):
            chapter = None  # a preface may follow
        if chapter is None:
            continue
        number += 1
        if text := plain_text(entry):
            verses[f"{chapter}.{number}"] = text
    return verses


def plain_text(osis: str) -> str:
    """A verse's words without its markup, notes and headings."""
    text = _APARTS.sub(" ", osis)
    text = _INSIDE_WORDS.sub("", text)
    text = " ".join(_TAG.sub(" ", text).split())
    return _SPACE_BEFORE_STOP.sub(r"\1", text)
