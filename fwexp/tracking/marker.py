"""The mark beside a run's record that says which W&B run folder copies it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from fwexp.runs.store import write_json


@dataclass(frozen=True, kw_only=True)
class Marker:
    folder: str  # W&B's run folder, relative to the run's own
    wandb_id: str
    record_sha256: str  # of the record.json that was copied: a run done again is copied again


def record_sha256(run: Path) -> str:
    """The digest of the bytes of the run folder's record."""
    return hashlib.sha256((run / "record.json").read_bytes()).hexdigest()


def is_pending(run: Path) -> bool:
    """Whether the run has a record that no marker stands for."""
    if not (run / "record.json").is_file():
        return False
    marker = _read_marker(run)
    return marker is None or marker.record_sha256 != record_sha256(run)


def write_marker(run: Path, *, marker: Marker) -> None:
    """Leave the marker, whole or not at all: it is the last thing the mirror writes of a run."""
    write_json(run / "wandb.json", asdict(marker))


def _read_marker(run: Path) -> Marker | None:
    try:
        return Marker(**json.loads((run / "wandb.json").read_text()))
    except (OSError, ValueError, TypeError):  # absent or torn: the run is copied again
        return None
