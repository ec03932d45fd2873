"""What was uploaded where: a file for each server and run, written once the service has it all."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from fwexp.store.store import slug, write_json
from fwexp.tracking.marker import Marker
from fwexp.tracking.service import Service


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One verified upload."""

    server: str
    entity: str
    project: str
    wandb_id: str
    source_sha256: str
    num_rows: int  # as the service counted them
    uploaded_at: str  # ISO 8601, UTC


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The entries of one server, entity and project."""

    folder: Path
    service: Service

    def has(self, marker: Marker) -> bool:
        """Whether what the marker stands for is uploaded; a torn entry is none."""
        try:
            entry = Entry(**json.loads(self._path(marker.wandb_id).read_text()))
        except (OSError, ValueError, TypeError):
            return False
        return entry.source_sha256 == marker.source_sha256

    def write(self, marker: Marker) -> None:
        """Note that the service has all of it."""
        entry = Entry(
            server=self.service.url,
            entity=self.service.entity,
            project=self.service.project,
            wandb_id=marker.wandb_id,
            source_sha256=marker.source_sha256,
            num_rows=marker.num_rows,
            uploaded_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        write_json(self._path(marker.wandb_id), asdict(entry))

    def _path(self, wandb_id: str) -> Path:
        return self.folder / f"{wandb_id}.json"


def open_ledger(store: Path, *, service: Service) -> Ledger:
    """The ledger of this service in the store."""
    place = f"{service.url}/{service.path}"
    digest = hashlib.sha256(place.encode()).hexdigest()[:8]
    folder = store / "wandb" / "ledger" / f"{slug(place)[:60]}-{digest}"
    return Ledger(folder=folder, service=service)
