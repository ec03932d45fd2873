"""The folder of decoded data sets: one file of plain bytes each, its provenance beside it.

The bytes have no format of their own, so a damaged file cannot break a parser: its size and its
hash say all there is to know.
"""

import os
import re
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data.arrays import Arrays, content_sha256
from fwexp.errors import DataError
from fwexp.files import read_if_sound, whole_file, write_json


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where the decoded arrays came from."""

    name: str
    source: str  # the one that was used
    licence: str
    provenance: str
    sha256: str  # of the decoded arrays
    arrays: list[tuple[str, str, list[int]]]  # name, dtype and shape of each, in their order

    @property
    def num_bytes(self) -> int:
        return sum(np.dtype(dtype).itemsize * prod(shape) for _, dtype, shape in self.arrays)


@dataclass(frozen=True, kw_only=True)
class _FileState:
    """The size and time by which a changed file is noticed."""

    num_bytes: int
    changed_ns: int


@dataclass(frozen=True, kw_only=True)
class _Note:
    provenance: Provenance
    file: _FileState


def folder() -> Path:
    """Where decoded sets and downloads are kept: $FWEXP_DATA, or the user's cache folder."""
    if chosen := os.environ.get("FWEXP_DATA"):
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("fwexp"))


def arrays_file(data: Data) -> Path:
    """The decoded arrays' file; its name carries the declared hash."""
    stem = f"{data.name}-{data.sha256[:16]}"
    if not re.fullmatch(r"\w[\w.-]*", stem):
        raise DataError(
            f"data.name={data.name}: a data set's name is also a file's name; "
            "type letters, digits, '_', '-' and '.' only"
        )
    return folder() / f"{stem}.bytes"


def provenance_file(data: Data) -> Path:
    return arrays_file(data).with_suffix(".json")


def write(arrays: Arrays, *, data: Data, provenance: Provenance) -> None:
    """Write the arrays, then their provenance, to the cache, each whole or not at all."""
    file = arrays_file(data)
    try:
        with whole_file(file) as temporary, temporary.open("wb") as stream:
            for array in arrays.values():
                stream.write(np.ascontiguousarray(array).data)
        stamp(provenance, data=data)
    except OSError as error:
        raise DataError(
            f"data={data.name}: the data cache {file.parent} cannot be written "
            f"({error.strerror or error}); type FWEXP_DATA=/a/writable/folder before the command"
        ) from error


def stamp(provenance: Provenance, *, data: Data) -> None:
    """Write the provenance, with the present state of the arrays' file."""
    note = _Note(provenance=provenance, file=_state_of(arrays_file(data)))
    write_json(provenance_file(data), note)


def provenance_of(data: Data) -> tuple[Provenance, bool] | None:
    """The cached set's provenance, and whether its file is untouched since it was written.

    None when there is no cached set or its provenance cannot be read. Reads no array.
    """
    note = read_if_sound(provenance_file(data), _Note)
    try:
        if note is None or note.file.num_bytes != note.provenance.num_bytes:
            return None
        return note.provenance, note.file == _state_of(arrays_file(data))
    except (OSError, TypeError):  # TypeError: it names no dtype
        return None


def layout(arrays: Arrays) -> list[tuple[str, str, list[int]]]:
    """Name, dtype and shape of each array, in their order."""
    return [(name, str(array.dtype), list(array.shape)) for name, array in arrays.items()]


def read(data: Data, *, provenance: Provenance) -> Arrays | None:
    """The cached arrays, or None where their file is damaged.

    Raises:
        DataError: the file cannot be read at all.
    """
    file = arrays_file(data)
    try:
        flat = np.fromfile(file, dtype=np.uint8)
    except OSError as error:
        raise DataError(
            f"data={data.name}: {file} cannot be read ({error.strerror or error}); "
            "make it readable, or type FWEXP_DATA=/a/folder/of/your/own before the command"
        ) from error
    if flat.size != provenance.num_bytes:
        return None
    arrays: dict[str, NDArray[Any]] = {}
    start = 0
    for name, dtype, shape in provenance.arrays:
        end = start + np.dtype(dtype).itemsize * prod(shape)
        arrays[name] = flat[start:end].view(dtype).reshape(shape)
        start = end
    return arrays if content_sha256(arrays) == data.sha256 else None


def _state_of(file: Path) -> _FileState:
    stat = file.stat()
    return _FileState(num_bytes=stat.st_size, changed_ns=stat.st_mtime_ns)
