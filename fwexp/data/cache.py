"""The folder of decoded data sets: one file of plain bytes each, its provenance beside it.

The bytes have no format of their own, so a damaged file cannot break a parser: its size and its
hash say all there is to know.
"""

import dataclasses
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data.arrays import Arrays, content_sha256
from fwexp.errors import DataError


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
        file.parent.mkdir(parents=True, exist_ok=True)
        with _replacing(file) as temporary:
            _write_bytes(temporary, list(arrays.values()))
        stamp(provenance, data=data)
    except OSError as error:
        raise DataError(
            f"data={data.name}: the data cache {file.parent} cannot be written "
            f"({error.strerror or error}); type FWEXP_DATA=/a/writable/folder before the command"
        ) from error


def stamp(provenance: Provenance, *, data: Data) -> None:
    """Write the provenance, with the size and time by which a changed file is noticed."""
    facts = {"provenance": dataclasses.asdict(provenance), "file": _stamp_of(arrays_file(data))}
    with _replacing(provenance_file(data)) as temporary:
        _write_bytes(temporary, [json.dumps(facts, indent=2).encode()])


def provenance_of(data: Data) -> tuple[Provenance, bool] | None:
    """The cached set's provenance, and whether its file is untouched since it was written.

    None when there is no cached set or its provenance cannot be read. Reads no array.
    """
    try:
        facts = json.loads(provenance_file(data).read_bytes())
        plain = facts["provenance"]
        provenance = Provenance(**{**plain, "arrays": _layout_of(plain["arrays"])})
        return provenance, facts["file"] == _stamp_of(arrays_file(data))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def layout(arrays: Arrays) -> list[tuple[str, str, list[int]]]:
    """Name, dtype and shape of each array, in their order."""
    return [(name, str(array.dtype), list(array.shape)) for name, array in arrays.items()]


def _layout_of(plain: list[Any]) -> list[tuple[str, str, list[int]]]:
    return [(str(name), str(np.dtype(kind)), [*map(int, shape)]) for name, kind, shape in plain]


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


def _stamp_of(file: Path) -> dict[str, int]:
    stat = file.stat()
    return {"num_bytes": stat.st_size, "changed_ns": stat.st_mtime_ns}


class _replacing:
    """A temporary file that replaces `file` when the block ends without an error."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._temporary = file.with_name(f".{file.name}.{os.getpid()}")

    def __enter__(self) -> Path:
        return self._temporary

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            os.replace(self._temporary, self._file)
        else:
            self._temporary.unlink(missing_ok=True)


def _write_bytes(file: Path, parts: Sequence[NDArray[Any] | bytes]) -> None:
    with file.open("wb") as stream:
        for part in parts:
            stream.write(part if isinstance(part, bytes) else np.ascontiguousarray(part).data)
        stream.flush()
        os.fsync(stream.fileno())
