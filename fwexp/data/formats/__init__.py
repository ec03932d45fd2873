"""How the files of a data set decode: one module a format, named here."""

from collections.abc import Callable
from pathlib import Path

from fwexp.config.suggestions import suggest
from fwexp.data.arrays import Arrays
from fwexp.data.formats import (
    catalogues,
    cifar10,
    idx,
    kjv,
    kjv_sections,
    ml100k,
    series,
    sklearn_digits,
    verses,
)
from fwexp.errors import DataError

Decode = Callable[[Path], Arrays]

FORMATS: dict[str, Decode] = {
    "airline": series.decode_airline,
    "catalogues": catalogues.decode,
    "cifar10": cifar10.decode,
    "electricity": series.decode_electricity,
    "idx": idx.decode,
    "kjv": kjv.decode,
    "kjv_sections": kjv_sections.decode,
    "ml100k": ml100k.decode,
    "sklearn_digits": sklearn_digits.decode,
    "verses": verses.decode,
}


def decoder(name: str) -> Decode:
    """The function that turns a folder of original files into arrays.

    It raises MissingFiles or DamagedFile. An unknown name is a DataError.
    """
    if name not in FORMATS:
        raise DataError(f"data.format={name}: no such format. {suggest(name, FORMATS)}")
    return FORMATS[name]
