"""The sync state: which offline run holds a folder's content, and what was uploaded where."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fwexp.files import read_if_sound, slug, write_json
from fwexp.identity.files import file_sha256

if TYPE_CHECKING:
    from fwexp.tracking.wandb.service import Service  # imports requests: not for every command

STATE_FILE = "wandb.json"  # beside a run's record, or a sweep's evidence


@dataclass(frozen=True, kw_only=True)
class OfflineRun:
    """The offline run written for a folder."""

    folder: str  # W&B's run folder, relative to the run's own
    wandb_id: str
    source_sha256: str  # of the file it was made from: a repeated run gets a new offline run
    num_rows: int
    project: str
    group: str


def is_sweep(folder: Path) -> bool:
    """Whether it is a sweep's folder, not a run's."""
    return (folder / "manifest.json").is_file()


def source_of(folder: Path) -> Path:
    """The file that decides the content: a sweep's evidence, or a run's record."""
    return folder / ("evidence.json" if is_sweep(folder) else "record.json")


def source_sha256(folder: Path) -> str:
    """The digest of that file's bytes."""
    return file_sha256(source_of(folder))


def is_pending(folder: Path) -> bool:
    """Whether there is content that no offline run holds."""
    return source_of(folder).is_file() and current_offline_run(folder) is None


def read_offline_run(folder: Path) -> OfflineRun | None:
    """The offline run last written for the folder; None if its note is torn: it is redone."""
    return read_if_sound(folder / STATE_FILE, OfflineRun)


def current_offline_run(folder: Path) -> OfflineRun | None:
    """The same, if it holds what the folder holds now."""
    offline = read_offline_run(folder)
    is_current = offline is not None and offline.source_sha256 == source_sha256(folder)
    return offline if is_current else None


def note_offline_run(folder: Path, *, offline: OfflineRun) -> None:
    """Note it, whole or not at all: the last thing that mirroring a folder writes."""
    write_json(folder / STATE_FILE, offline)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """One upload that the service confirmed in full."""

    server: str
    entity: str
    project: str
    wandb_id: str
    source_sha256: str
    num_rows: int  # as the service counted them
    uploaded_at: str  # ISO 8601, UTC


@dataclass(frozen=True, kw_only=True)
class Receipts:
    """The upload receipts of one server, entity and project, one file each."""

    folder: Path
    service: "Service"

    def has(self, offline: OfflineRun) -> bool:
        """Whether the offline run is uploaded; a torn receipt counts as none."""
        receipt = read_if_sound(self._path(offline), Receipt)
        return receipt is not None and receipt.source_sha256 == offline.source_sha256

    def write(self, offline: OfflineRun) -> None:
        """Note that the service has all of it."""
        receipt = Receipt(
            server=self.service.url,
            entity=self.service.entity,
            project=self.service.project,
            wandb_id=offline.wandb_id,
            source_sha256=offline.source_sha256,
            num_rows=offline.num_rows,
            uploaded_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        write_json(self._path(offline), receipt)

    def _path(self, offline: OfflineRun) -> Path:
        return self.folder / f"{offline.wandb_id}.json"


def receipts_of(store: Path, *, service: "Service") -> Receipts:
    """The store's receipts from this service."""
    address = f"{service.url}/{service.path}"
    digest = hashlib.sha256(address.encode()).hexdigest()[:8]
    folder = store / "wandb" / "ledger" / f"{slug(address)[:60]}-{digest}"
    return Receipts(folder=folder, service=service)
