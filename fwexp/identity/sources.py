"""The files that decide what some modules do: theirs, and of all that they import."""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import invalidate_caches
from pathlib import Path
from pkgutil import iter_modules

from fwexp.errors import ConfigError
from fwexp.identity.files import data_files, file_digest
from fwexp.identity.places import Place, find_place, is_library, is_standard
from fwexp.identity.syntax import digest_of, imported_names, parse

# Followed by nobody: what they give back is only read by people.
TELLS_ONLY = (
    "fwexp",  # its version; what lies in it is followed by its own name
    "fwexp.config.suggestions",  # near matches, for messages
    "fwexp.errors",  # classes without behaviour; the texts are where they are raised
    "fwexp.models.code_lines",  # counts an implementation's lines, for the write-up
    "fwexp.parity.hints",  # what may have caused a difference that was found
    "fwexp.parity.symptoms",
    "fwexp.store.migrations",  # of what earlier versions wrote, which a run does not go on from
)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What decides a result, by name: a change of any digest is another computation."""

    modules: dict[str, str]  # dotted name -> digest of the code
    files: dict[str, str]  # data beside the user's modules, as "mine/table.json" -> sha256
    imports: frozenset[str]  # of the libraries used, as "numpy"
    # modification time in ns and size of each module's file: as long as they stay, so does it
    stamps: dict[str, tuple[int, int]] = field(default_factory=dict)


def follow(roots: Iterable[str]) -> Sources:
    """The modules, the user's and fwexp's own, that these import, directly or not.

    Nothing is imported. Asked once per process for the same roots, since a plan of 10,000 runs
    has few: what is edited meanwhile is found by a run's own check. Raises ConfigError where a
    root is missing or a file is not valid Python.
    """
    return _follow(frozenset(roots), tuple(sys.path), os.getcwd())


def forget() -> None:
    """Read every file anew at the next call."""
    _follow.cache_clear()
    _found.cache_clear()
    invalidate_caches()


def module_digest(name: str, file: Path) -> str:
    """The digest of the module's code; of an extension's bytes."""
    return _read(file, _package(name, file))[0]


def stamp(file: Path) -> tuple[int, int]:
    """The file's modification time in ns and its size."""
    state = file.stat()
    return state.st_mtime_ns, state.st_size


@cache
def _follow(roots: frozenset[str], path: tuple[str, ...], folder: str) -> Sources:
    missing = [name for name in sorted(roots) if find_place(name) is None]
    if missing:
        raise ConfigError([f"there is no Python module {name}" for name in missing])
    walk = _Walk(
        roots=roots,
        found=_found(path, folder),
        tops={name.partition(".")[0]: True for name in roots},
    )
    walk.run()
    return Sources(
        modules=dict(sorted(walk.modules.items())),
        files=data_files(walk.users, roots=roots),
        stamps=dict(walk.stamps),
        imports=frozenset(walk.libraries),
    )


@cache
def _found(_path: tuple[str, ...], _folder: str) -> dict[str, Place | None]:
    return {}


@dataclass(kw_only=True)
class _Walk:
    """One walk along the imports."""

    roots: frozenset[str]
    found: dict[str, Place | None]  # what earlier walks found, by module
    tops: dict[str, bool]  # top-level name -> followed, as a root's is even where it is installed
    modules: dict[str, str] = field(default_factory=dict)
    users: dict[str, Place] = field(default_factory=dict)
    libraries: set[str] = field(default_factory=set)
    stamps: dict[str, tuple[int, int]] = field(default_factory=dict)

    def run(self) -> None:
        todo, seen = list(self.roots), set[str]()
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += self._enter(name)

    def _enter(self, name: str) -> Iterable[str]:
        """The names that this module imports, after noting what it is itself."""
        top, _, below = name.partition(".")
        if top not in self.tops:
            self.tops[top] = self._is_ours(top)
        if not self.tops[top]:
            return ()
        if name.endswith(".*"):
            return _submodules(name.removesuffix(".*"))
        place = self._find(name)
        if place is None:  # a name inside a module
            return ()
        above = [name.rpartition(".")[0]] if below else []
        if name in TELLS_ONLY:
            return above
        if top != "fwexp" and (place.file or name in self.roots):
            self.users[name] = place
        if place.file is None:  # a namespace package
            return above
        self.stamps[name] = stamp(place.file)
        self.modules[name], imports = _read(place.file, _package(name, place.file))
        return (*above, *imports)

    def _find(self, name: str) -> Place | None:
        if name not in self.found:
            self.found[name] = find_place(name)
        return self.found[name]

    def _is_ours(self, top: str) -> bool:
        """Whether it is fwexp or the user's; a library, or what is not installed, is noted."""
        place = self._find(top)
        if place is not None and not is_library(place):
            return True
        is_pythons = is_standard(place) if place else top in sys.stdlib_module_names
        if not is_pythons:
            self.libraries.add(top)
        return False


def _read(file: Path, package: str) -> tuple[str, tuple[str, ...]]:
    return _read_once(file, package, *stamp(file))


@cache
def _read_once(file: Path, package: str, _mtime: int, _size: int) -> tuple[str, tuple[str, ...]]:
    """The digest of the code and the names it imports."""
    if file.suffix != ".py":
        return file_digest(file)[:16], ()
    tree = parse(file)
    return digest_of(tree), tuple(imported_names(tree, package=package))


def _package(name: str, file: Path) -> str:
    return name if file.stem == "__init__" else name.rpartition(".")[0]


def _submodules(package: str) -> Iterator[str]:
    """Each module right below the package; a star imports those that its __all__ names."""
    place = find_place(package)
    for module in iter_modules([str(folder) for folder in place.folders] if place else []):
        yield f"{package}.{module.name}"
