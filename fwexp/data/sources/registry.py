"""The kinds of source, and a data set's sources in the order in which they are tried."""

from fwexp.config.schema import Data
from fwexp.config.suggestions import suggest
from fwexp.data.sources.local import LocalFolder
from fwexp.data.sources.npm import NpmPackage
from fwexp.data.sources.origin import Origin
from fwexp.data.sources.pypi import PypiPackage
from fwexp.data.sources.sklearn import SklearnPackage
from fwexp.data.sources.system import SystemPackage
from fwexp.data.sources.url import OriginalUrl
from fwexp.errors import DataError

SOURCES: dict[str, type[Origin]] = {
    "npm": NpmPackage,
    "pypi": PypiPackage,
    "sklearn": SklearnPackage,
    "system": SystemPackage,
    "url": OriginalUrl,
}


def origins(data: Data) -> list[Origin]:
    """The places to look, in order; a local path, if given, is the only one.

    Raises:
        DataError: a source of an unknown kind, or without the fields that its kind needs.
    """
    if data.path is not None:
        return [LocalFolder(data.path, data=data)]
    for number, source in enumerate(data.sources):
        where = f"data={data.name}: sources[{number}]"
        if source.kind not in SOURCES:
            hint = suggest(source.kind, SOURCES)
            raise DataError(f"{where}.kind={source.kind}: there is no such kind. {hint}")
        lacking = [name for name in SOURCES[source.kind].needs if not getattr(source, name)]
        if lacking:
            raise DataError(f"{where}: a source of kind {source.kind} needs {', '.join(lacking)}")
    return [SOURCES[source.kind](source, data=data) for source in data.sources]
