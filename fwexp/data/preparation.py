"""Puts a data set's decoded arrays in the cache, from the first usable source."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from fwexp.config.dotted import load_dotted
from fwexp.config.schema import Data
from fwexp.data import cache, synthetic
from fwexp.data.arrays import Arrays, content_sha256, problems_with, shape_problems
from fwexp.data.cache import Provenance
from fwexp.data.faults import DamagedFile, MissingFiles, SourceAbsent
from fwexp.data.sources.origin import Origin
from fwexp.data.sources.registry import origins
from fwexp.errors import DataError

Decode = Callable[[Path], Arrays]  # of the folder that holds the original files
Say = Callable[[str], None]


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def prepare(data: Data, *, say: Say = _to_stderr) -> Provenance:
    """Make sure that the decoded arrays are in the cache, and give back their provenance.

    Takes a millisecond if they were; otherwise `say` is told of each source that is tried.

    Raises:
        ConfigError: data.format names no function.
        DataError: no source is usable, or the files of one are not the declared data set.
    """
    if synthetic.is_synthetic(data):
        return synthetic.provenance(data)
    decode: Decode = load_dotted(data.format, key=f"data.format={data.format}")
    places = origins(data)
    if known := _cached(data, places=places, say=say):
        return known
    refused: list[tuple[Origin, str]] = []
    for origin in places:
        say(f"data={data.name}: {origin.label}")
        try:
            arrays = _decode(origin, decode=decode, data=data, say=say)
        except SourceAbsent as absent:
            say(f"  not usable: {absent.reason}")
            refused.append((origin, absent.reason))
            continue
        return _keep(arrays, origin=origin, data=data, say=say)
    raise DataError(missing_text(data, refused=refused))


def missing_text(data: Data, *, refused: list[tuple[Origin, str]]) -> str:
    """Each source with why it was not usable, and everything one can type instead."""
    lines = [f"data={data.name}: no source of this data set is usable here"]
    lines += [f"  {origin.label}: {reason}" for origin, reason in refused]
    lines.append("type one of these instead:")
    lines += [f"  {line}" for line in dict.fromkeys(origin.get for origin, _ in refused)]
    if data.path is None:
        lines.append("  data.path=/a/folder/that/holds/the/original/files")
    return "\n".join(lines)


def _cached(data: Data, *, places: list[Origin], say: Say) -> Provenance | None:
    """The provenance of a sound cached set; a damaged one is reported, to be decoded again."""
    file = cache.arrays_file(data)
    known = cache.provenance_of(data)
    if known is None:
        return None
    provenance, untouched = known
    if data.path is not None and provenance.source != places[0].label:
        return None  # the user named a source: no other may replace it
    if shape_problems({name: shape for name, _, shape in provenance.arrays}, data=data):
        return None  # no longer matches the declaration: decoding says how
    if untouched:
        return provenance
    if cache.read(data, provenance=provenance) is None:
        say(f"data={data.name}: {file} is damaged: it will be decoded again")
        return None
    return provenance  # copied or touched, and sound


def _decode(origin: Origin, *, decode: Decode, data: Data, say: Say) -> Arrays:
    with tempfile.TemporaryDirectory(prefix="fwexp-data-") as scratch:
        try:
            return decode(origin.fetch(into=Path(scratch), say=say))
        except MissingFiles as missing:
            raise SourceAbsent(str(missing)) from None
        except DamagedFile as damaged:
            raise DataError(
                f"data={data.name}: {damaged.file} {damaged.problem}\n"
                f"it came from {origin.label}; type instead: {origin.mend}"
            ) from damaged


def _keep(arrays: Arrays, *, origin: Origin, data: Data, say: Say) -> Provenance:
    if problems := problems_with(arrays, data=data):
        raise DataError(
            f"data={data.name}: {origin.label} is not the declared data set: " + "; ".join(problems)
        )
    sha256 = content_sha256(arrays)
    if sha256 != data.sha256:
        raise DataError(
            f"data={data.name}: {origin.label} is not the declared data set\n"
            f"  declared data.sha256: {data.sha256}\n"
            f"  decoded:              {sha256}\n"
            f"type instead: {origin.mend}\n"
            "or, if this is a new data set of your own, put the decoded hash in its YAML"
        )
    provenance = Provenance(
        name=data.name,
        source=origin.label,
        licence=data.licence,
        provenance=data.provenance,
        sha256=sha256,
        arrays=cache.layout(arrays),
    )
    cache.write(arrays, data=data, provenance=provenance)
    say(f"  decoded {data.num_train} + {data.num_test} samples: {cache.arrays_file(data)}")
    return provenance
