"""A run's folder, which knows its files: one writer, the record last."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from fwexp.config.schema import Config
from fwexp.errors import StoreError
from fwexp.files import read_json, slug, write_json
from fwexp.store.audit import Audit, Samples
from fwexp.store.migrations import migrate_record
from fwexp.store.record import FREE, History, RunRecord
from fwexp.text import cut


@dataclass(frozen=True)
class RunFolder:
    """STORE/runs/<machine class>/<run id>."""

    path: Path
    machine_class: str = ""  # as asked for; other ones may have a folder of the same name

    @property
    def run_id(self) -> str:
        return self.path.name

    @property
    def record_file(self) -> Path:
        return self.path / "record.json"

    @property
    def history_file(self) -> Path:
        return self.path / "history.json"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def lock(self) -> Path:
        """Held by the process that runs it."""
        return self.path / "lock"

    @property
    def audit_file(self) -> Path:
        return self.path / "audit.json"

    @property
    def samples(self) -> Samples:
        """The states of the steps that are to be audited."""
        return Samples(self.path / "audit")

    @property
    def checkpoints(self) -> Path:
        """A folder with one per checkpoint, named by its step."""
        return self.path / "checkpoint"

    def begin(self, config: Config) -> None:
        """Make way for a run: removes what an earlier one left, except its checkpoint if it has
        no record."""
        if self.record_file.exists():  # a rerun starts at step 0
            self.discard_checkpoints()
        if not self.checkpoints.exists():
            shutil.rmtree(self.samples.path, ignore_errors=True)
        for file in (self.record_file, self.history_file, self.audit_file):
            file.unlink(missing_ok=True)
        write_json(self.path / "config.json", config)

    def finish(self, record: RunRecord) -> None:
        """Write the record, which ends the run."""
        write_json(self.record_file, record)
        self.discard_checkpoints()

    def discard_checkpoints(self) -> None:
        shutil.rmtree(self.checkpoints, ignore_errors=True)

    def write_history(self, history: History) -> None:
        write_json(self.history_file, history)

    def read_record(self) -> RunRecord | None:
        """The run's record, or None when there is none yet.

        Raises StoreError, naming the file, when it is torn or not this run's record.
        """
        path = self.record_file
        record = read_json(
            path,
            RunRecord,
            what="a run's record",
            migrate=migrate_record,
            check=RunRecord.check,
            free=FREE,
        )
        if record is None:
            return None
        asked_for = self.machine_class or self.path.parent.name
        classes = (record.machine_class, slug(record.machine_class))
        if record.run_id != self.run_id or asked_for not in classes:
            found = cut(f"{record.run_id} on {record.machine_class}")
            raise StoreError(f"{path}: the record of {found}")
        return record

    def write_audit(self, audit: Audit) -> None:
        write_json(self.audit_file, audit)

    def read_audit(self) -> Audit | None:
        """The run's audit, or None when there is none yet; StoreError as of `read_record`."""
        audit = read_json(self.audit_file, Audit, what="a run's audit", check=Audit.check)
        if audit is not None and audit.run_id != self.run_id:
            raise StoreError(f"{self.audit_file}: the audit of {cut(audit.run_id)}")
        return audit

    def read_history(self) -> History | None:
        """The run's series, or None when there are none yet; StoreError as of `read_record`."""
        return read_json(self.history_file, History, what="a run's history", check=History.check)


def run_folder(store: str | Path, machine_class: str, run_id: str) -> RunFolder:
    """The folder of this run in the store, whether it is there yet or not."""
    return RunFolder(Path(store) / "runs" / slug(machine_class) / run_id, machine_class)
