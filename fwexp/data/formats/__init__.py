"""How the files of a data set decode: one module a format, named here."""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path

from fwexp.data.arrays import Arrays
from fwexp.data.formats import cifar10, idx, sklearn_digits
from fwexp.errors import DataError

Decode = Callable[[Path], Arrays]

FORMATS: dict[str, Decode] = {
    "cifar10": cifar10.decode,
    "idx": idx.decode,
    "sklearn_digits": sklearn_digits.decode,
}


def decoder(name: str) -> Decode:
    """The function that turns a folder of original files into arrays.

    It raises MissingFiles or DamagedFile. An unknown name is a DataError.
    """
    if name not in FORMATS:
        near = get_close_matches(name, FORMATS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise DataError(f"data.format={name}: {hint}formats are {', '.join(sorted(FORMATS))}")
    return FORMATS[name]
