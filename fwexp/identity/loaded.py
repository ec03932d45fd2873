"""The check, in a run's own process, that what ran is what its identity was made of."""

import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from fwexp.identity.files import file_digest
from fwexp.identity.places import Place, find_place, is_library
from fwexp.identity.sources import TELLS_ONLY, Sources, module_digest, stamp

GENERATED = "__autograph_generated_file"  # TensorFlow's, in the folder for temporary files


class SourcesChanged(RuntimeError):
    """The code or data of a run are not those that it was planned with."""


def check_unchanged(sources: Sources, *, loaded: Collection[str] = ()) -> None:
    """SourcesChanged where a file is no longer as it was when the run was planned.

    To be called when the model has been built, and again when it has trained, with the modules
    `loaded` by then: an edit of those came too late to count. Data files may be read at any time.
    """
    late = [name for name in sources.modules if name not in loaded]
    _raise(_changed(sources, late))


def check_loaded(sources: Sources, *, before: Collection[str]) -> None:
    """SourcesChanged where a module of fwexp's or the user's was loaded that was not followed.

    `before` is sys.modules at the run's start: what a warm server needs, and nothing of the user's.
    """
    _raise(_not_followed(sources, before))


def _raise(problems: Iterator[str]) -> None:
    found = list(problems)
    if found:
        raise SourcesChanged("\n".join(found))


def _changed(sources: Sources, modules: list[str]) -> Iterator[str]:
    for name in modules:
        place = find_place(name)
        if place is None or place.file is None:
            yield f"{name}: its file is gone since the run was planned"
        elif (
            stamp(place.file) != sources.stamps.get(name)
            and module_digest(name, place.file) != sources.modules[name]
        ):
            yield f"{place.file}: changed since the run was planned; type the command again"
    for name, digest in sources.files.items():
        file = _data_file(name)
        if file is None:
            yield f"{name}: gone since the run was planned"
        elif file_digest(file) != digest:
            yield f"{file}: changed since the run was planned; type the command again"


def _data_file(name: str) -> Path | None:
    """The file behind "mine/tables/one.json", which lies in the package mine or mine.tables."""
    parts = name.split("/")
    for length in range(len(parts) - 1, 0, -1):
        place = find_place(".".join(parts[:length]))
        for folder in place.folders if place else ():
            file = folder.joinpath(*parts[length:])
            if file.is_file():
                return file
    return None


def _not_followed(sources: Sources, before: Collection[str]) -> Iterator[str]:
    known = {*before, *sources.modules, *TELLS_ONLY, "__main__"}
    tops = {"fwexp", *(name.partition(".")[0] for name in sources.modules)}
    users = [name for name in sources.modules if not name.startswith("fwexp")]
    for name in sorted(sys.modules.keys() - known):
        is_ours = name.partition(".")[0] in tops or not _is_librarys(name)
        if is_ours and _is_by_name(name):
            yield (
                f"{name} was imported by a name that is not written out in an import, so that a "
                f"change of it would not be seen: import it at the top of {_place_to_mend(users)}"
            )


def _place_to_mend(users: list[str]) -> str:
    """The user's module that an import is best written into."""
    own = [name for name in users if name.endswith((".torch", ".keras"))] or users
    return f"{own[0].replace('.', '/')}.py" if own else "the model's module"


def _is_librarys(name: str) -> bool:
    """By where its file lies, since finding all of a framework's modules takes 0.7 s."""
    file = getattr(sys.modules[name], "__file__", None)
    return file is None or is_library(Place(file=Path(file), folders=()))


def _is_by_name(name: str) -> bool:
    """Whether a loaded module is a file that is found by its name; not one that was made on the
    spot, nor a namespace package."""
    place = None if name.startswith(GENERATED) else find_place(name)
    loaded = getattr(sys.modules[name], "__file__", None)
    return place is not None and place.file is not None and str(place.file) == loaded
