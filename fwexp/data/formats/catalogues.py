"""English–German user-interface messages from LibreOffice's message catalogues."""

import gettext
import re
import struct
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from fwexp.data.arrays import Arrays
from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.formats.sentence_pairs import Pair, Sizes, encode_pairs, unique_pairs

SIZES = Sizes(max_words=16, max_tokens=32, vocabulary_size=2000, num_test=200)
MIN_WORDS = 3  # of the source: labels of one or two words are a dictionary, not sentences

_CONTEXT_END = "\x04"  # a message's key is its context, this mark and the English text
_ACCELERATOR = re.compile(r"[_~](?=\w)")  # before the letter that is the item's shortcut
_NOT_WORDS = re.compile(r"[_~%$#&^<>{}\[\]|\\@*=+/▸]")  # names filled in, markup, formulas
_NO_LETTERS = re.compile(r"[\W\d_]+")


def decode(folder: Path) -> Arrays:
    """Token arrays of the messages of 3 to 16 words; English is the source."""
    files = sorted(folder.glob("*.mo"))
    if not files:
        raise MissingFiles(folder, names=["*.mo"])
    return encode_pairs(sentences(m for file in files for m in read_messages(file)), sizes=SIZES)


def read_messages(file: Path) -> list[Pair]:
    """English and translation of a catalogue's messages, verbatim and in their order.

    Messages with a plural are left out: their text depends on a number.

    Raises:
        DamagedFile: the file is not a message catalogue.
    """
    try:
        with file.open("rb") as stream:
            entries = _Catalogue(stream).entries()
    except (OSError, struct.error, ValueError, LookupError) as error:
        raise DamagedFile(file, problem=f"is not a message catalogue ({error})") from error
    return [
        (key.rpartition(_CONTEXT_END)[2], text)
        for key, text in entries.items()
        if isinstance(key, str) and key  # the empty one is the catalogue's own heading
    ]


def sentences(messages: Iterable[Pair]) -> list[Pair]:
    """The messages that are sentences to translate, the first of each English wording."""
    plain = ((plain_text(source), plain_text(target)) for source, target in messages)
    return unique_pairs((pair for pair in plain if _is_sentence(pair)), wording=_wording)


def plain_text(message: str) -> str:
    """A message without its accelerator mark, its letters composed, on one line."""
    text = _ACCELERATOR.sub("", message, count=1).replace("\u200b", "")
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _is_sentence(pair: Pair) -> bool:
    source, target = pair
    is_plain = not any(_NOT_WORDS.search(text) for text in pair)
    return is_plain and len(source.split()) >= MIN_WORDS and source != target


def _wording(text: str) -> str:
    """The same for labels that differ only in capitals, punctuation or numbers."""
    return _NO_LETTERS.sub(" ", text).strip().casefold()


class _Catalogue(gettext.GNUTranslations):
    """The standard library's reader looks messages up; this also lists them."""

    _catalog: dict[str | tuple[str, int], str]

    def entries(self) -> dict[str | tuple[str, int], str]:
        return self._catalog
