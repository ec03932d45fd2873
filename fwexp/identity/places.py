"""Where a module's file lies, found without importing anything."""

import sys
import sysconfig
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from pkgutil import get_importer

STANDARD = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
LIBRARIES = {"site-packages", "dist-packages"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A module's file, or None for a namespace package; and a package's folders."""

    file: Path | None
    folders: tuple[Path, ...]

    def paths(self) -> tuple[Path, ...]:
        return (self.file,) if self.file else self.folders


def find_place(name: str) -> Place | None:
    """Where the module lies; None where there is none, or it is built into Python.

    importlib.util.find_spec would import the packages above a submodule.
    """
    parent = name.rpartition(".")[0]
    if not parent:
        return _place(_find_top(name))
    above = find_place(parent)
    if above is None or not above.folders:
        return None
    return _find_in(above.folders, name)


def is_library(place: Place) -> bool:
    """Whether the module was installed, or came with Python."""
    return is_installed(place) or is_standard(place)


def is_installed(place: Place) -> bool:
    return all(LIBRARIES & set(path.parts) for path in place.paths())


def is_standard(place: Place) -> bool:
    """Whether the module is of Python's own library."""
    if is_installed(place):
        return False
    return all(STANDARD & set(path.parents) for path in place.paths())


def _find_top(name: str) -> ModuleSpec | None:
    """By path, not in sys.modules, where a library may have put what it made on the spot."""
    found = (finder.find_spec(name, None) for finder in sys.meta_path)
    return next((spec for spec in found if spec is not None), None)


def _find_in(folders: tuple[Path, ...], name: str) -> Place | None:
    """The module below a package; where it is a folder without __init__.py, all of its parts."""
    parts: list[Path] = []
    for folder in folders:
        finder = get_importer(str(folder))
        spec = finder.find_spec(name, None) if finder else None
        if spec and spec.loader:
            return _place(spec)
        parts += [Path(part) for part in (spec and spec.submodule_search_locations) or ()]
    return Place(file=None, folders=tuple(parts)) if parts else None


def _place(spec: ModuleSpec | None) -> Place | None:
    if spec is None:
        return None
    file = Path(spec.origin) if spec.has_location and spec.origin else None
    folders = tuple(Path(folder) for folder in spec.submodule_search_locations or ())
    return Place(file=file, folders=folders) if file or folders else None
