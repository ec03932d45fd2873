"""A side's arrays in a file, written as they come and read one at a time.

NumPy's savez needs all of them at once: for a large model they do not fit in memory.
"""

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

SUFFIX = ".npy"  # of a member, so that np.load reads the file, too


class ArrayWriter:
    """Adds arrays to a new file; it can be read when the writer is closed."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w")

    def add(self, arrays: Mapping[str, NDArray[Any]], *, under: str = "") -> None:
        """Write each array, its name preceded by "under/"."""
        for name, array in arrays.items():
            path = f"{under}/{name}" if under else name
            with self._zip.open(f"{path}{SUFFIX}", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()


class ArrayFile(Mapping[str, NDArray[Any]]):
    """What a writer wrote; each access to an array reads it again."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        self._names = [n.removesuffix(SUFFIX) for n in self._zip.namelist()]

    def __getitem__(self, name: str) -> NDArray[Any]:
        with self._zip.open(f"{name}{SUFFIX}") as file:
            array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
        return array

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
