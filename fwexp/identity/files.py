"""The data files beside a user's modules: a table of numbers is as much of a model as its code."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from fwexp.identity.places import Place

CODE = (".py", ".pyc", ".pyi")


def data_files(modules: Mapping[str, Place], *, roots: frozenset[str]) -> dict[str, str]:
    """The sha256 of each data file that lies with these modules, by its place in their package.

    Those in the folder of a module that is in a package, and everything below the package that a
    root is, or is in; a module without a package counts alone. Hidden files are left out.
    """
    found = {}
    for name, place in modules.items():
        package = name if place.folders else name.rpartition(".")[0]
        for folder in _folders(place) if package else ():
            for file in _files(folder, deep=name in roots):
                inside = file.relative_to(folder).as_posix()
                found[f"{package.replace('.', '/')}/{inside}"] = file_digest(file)
    return dict(sorted(found.items()))


def file_digest(file: Path) -> str:
    """The sha256 of the file's bytes, read once for as long as the file stays as it is."""
    state = file.stat()
    return _digest_once(file, state.st_mtime_ns, state.st_size)


@cache
def _digest_once(file: Path, _mtime: int, _size: int) -> str:
    return file_sha256(file)


def file_sha256(file: Path) -> str:
    """The digest of the file's bytes as they are now."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _folders(place: Place) -> tuple[Path, ...]:
    return place.folders or tuple(path.parent for path in place.paths())


def _files(folder: Path, *, deep: bool) -> Iterator[Path]:
    for above, folders, names in os.walk(folder):
        shown = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        folders[:] = shown if deep else []
        for name in names:
            file = Path(above, name)
            if not name.startswith(".") and file.suffix not in CODE and file.is_file():
                yield file
