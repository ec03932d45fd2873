"""The mark beside a record, or a sweep's evidence, that says which W&B run folder copies it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from fwexp.store.store import write_json


@dataclass(frozen=True, kw_only=True)
class Marker:
    folder: str  # W&B's run folder, relative to the run's own
    wandb_id: str
    source_sha256: str  # of the file that was copied: a run done again is copied again
    num_rows: int
    project: str
    group: str


def source_of(folder: Path) -> Path:
    """The file that a copy stands for: a sweep's evidence, or a run's record."""
    is_sweep = (folder / "manifest.json").is_file()
    return folder / ("evidence.json" if is_sweep else "record.json")


def source_sha256(folder: Path) -> str:
    """The digest of the bytes of that file."""
    return hashlib.sha256(source_of(folder).read_bytes()).hexdigest()


def wandb_id(run: Path) -> str:
    """What W&B calls the run: done again it is another one, as syncing one id twice appends."""
    return f"{run.name}-{source_sha256(run)[:8]}"


def is_pending(folder: Path) -> bool:
    """Whether there is something to copy that no marker stands for."""
    return source_of(folder).is_file() and not is_current(folder, read_marker(folder))


def is_current(folder: Path, marker: Marker | None) -> bool:
    """Whether the marker stands for what the folder holds now."""
    return marker is not None and marker.source_sha256 == source_sha256(folder)


def write_marker(folder: Path, *, marker: Marker) -> None:
    """Leave the marker, whole or not at all: it is the last thing the mirror writes of a run."""
    write_json(folder / "wandb.json", asdict(marker))


def read_marker(folder: Path) -> Marker | None:
    """The folder's marker; None where there is none, or a torn one: the run is copied again."""
    try:
        return Marker(**json.loads((folder / "wandb.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
