"""What is known about a data set here without downloading anything, for `fwexp doctor`."""

from dataclasses import dataclass, field
from pathlib import Path

from fwexp.config.schema import Data
from fwexp.data import cache, synthetic
from fwexp.data.cache import Provenance
from fwexp.data.sources.origin import State
from fwexp.data.sources.registry import origins


@dataclass(frozen=True, kw_only=True)
class Status:
    name: str
    cache_file: Path
    cached: Provenance | None  # None: not decoded yet
    sources: dict[str, State] = field(default_factory=dict)  # by label, in the order tried
    advice: list[str] = field(default_factory=list)  # what to type; empty where nothing is missing


def status(data: Data) -> Status:
    """Which sources are present, whether the set is decoded, and what to type if neither.

    Advice is given where a run would have nothing to start from: no cached arrays, no source
    here, none to download.

    Raises:
        DataError: the data set's own YAML names an unknown source.
    """
    if synthetic.is_synthetic(data):
        return Status(
            name=data.name,
            cache_file=cache.arrays_file(data),
            cached=synthetic.provenance(data),
        )
    places = origins(data)
    known = cache.provenance_of(data)
    states = {origin.label: origin.state() for origin in places}
    stuck = known is None and all(state.where == "missing" for state in states.values())
    return Status(
        name=data.name,
        cache_file=cache.arrays_file(data),
        cached=known[0] if known else None,
        sources=states,
        advice=[origin.get for origin in places] if stuck else [],
    )
