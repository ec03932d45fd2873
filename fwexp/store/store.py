"""The store: where runs, sweeps and certificates lie."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from fwexp.config.suggestions import suggest
from fwexp.errors import LaterVersionError, StoreError
from fwexp.files import read_json, slug, write_json
from fwexp.store.audit import Audit
from fwexp.store.certificate import Certificate
from fwexp.store.manifest import Manifest
from fwexp.store.migrations import migrate_manifest
from fwexp.store.quantities import check_moment
from fwexp.store.record import History, RunRecord
from fwexp.store.run_folder import RunFolder, run_folder
from fwexp.text import cut

Kind = TypeVar("Kind")


class Store:
    """Where records, histories, certificates and write-ups lie.

    runs/<machine class>/<run id>/{config,history,record}.json and log.txt;
    sweeps/<name>/manifest.json; certificates/<key>.json; logs/.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @property
    def logs(self) -> Path:
        """The folder of what the warm servers and certificates log."""
        return self.path / "logs"

    def check_writable(self) -> None:
        """Raise StoreError unless files can be made here; makes none itself."""
        path = self.path.absolute()
        there = next(p for p in (path, *path.parents) if os.path.lexists(p))
        if not there.is_dir():
            reason = f"{there} is not a folder"
        elif not os.access(there, os.W_OK | os.X_OK):
            reason = f"no permission to write to {there}"
        else:
            return
        raise StoreError(
            f"store={self.path}: cannot write there ({reason}); name another folder with store=…"
        )

    def run(self, machine_class: str, run_id: str) -> RunFolder:
        """The run's folder, whether it is there yet or not."""
        return run_folder(self.path, machine_class, run_id)

    def run_ids(self, machine_class: str) -> list[str]:
        """The runs that have a folder, whether they have a record or not."""
        folder = self.path / "runs" / slug(machine_class)
        return sorted(path.name for path in folder.glob("*"))

    def recorded_runs(self) -> Iterator[RunFolder]:
        """The folders of all runs that have a record, on any machine class."""
        files = sorted((self.path.resolve() / "runs").glob("*/*/record.json"))
        return (RunFolder(file.parent) for file in files)

    def read_record(self, machine_class: str, run_id: str) -> RunRecord | None:
        """The run's record, or None if there is none yet; StoreError if it is torn."""
        return self.run(machine_class, run_id).read_record()

    def read_records(
        self, machine_class: str, run_ids: Iterable[str], *, may_replace: bool = False
    ) -> tuple[dict[str, RunRecord], list[str]]:
        """The existing records, and a complaint per unreadable one.

        With `may_replace`, for who runs again what is unreadable: LaterVersionError, naming all,
        if a later version wrote some.
        """
        records, complaints, later = {}, [], []
        for run_id in run_ids:
            try:
                record = self.read_record(machine_class, run_id)
            except LaterVersionError as error:
                later.append(str(error))
                continue
            except StoreError as error:
                complaints.append(str(error))
                continue
            if record is not None:
                records[run_id] = record
        if later and may_replace:
            raise LaterVersionError("\n".join(later))
        return records, [*later, *complaints]

    def sweep_names(self) -> list[str]:
        return sorted(p.parent.name for p in self.path.glob("sweeps/*/manifest.json"))

    def sweep_folder(self, name: str) -> Path:
        """The sweep's folder; raises StoreError for a name that is not a plain word."""
        check_sweep_name(name)
        return self.path / "sweeps" / name

    def read_manifest(self, name: str) -> Manifest:
        """What the sweep declared; raises StoreError if it never ran here."""
        path = self.sweep_folder(name) / "manifest.json"
        manifest = _read_manifest(path)
        if manifest is None:
            names = self.sweep_names()
            hint = suggest(name, names) if names else "None has."
            raise StoreError(f"no sweep {name!r} has run in the store {self.path}. {hint}")
        if manifest.name != name:
            raise StoreError(f"{path}: the manifest of {cut(manifest.name)}")
        return manifest

    def read_earlier_manifests(self, name: str) -> tuple[list[Manifest], list[str]]:
        """What a sweep of this name declared before, and a complaint per unreadable one."""
        files = sorted(self.sweep_folder(name).glob("manifest-*.json"))
        found, complaints = _read_each(map(str, files), lambda file: _read_manifest(Path(file)))
        return sorted(found.values(), key=lambda one: check_moment(one.declared_at)), complaints

    def write_manifest(self, manifest: Manifest) -> None:
        write_json(self.sweep_folder(manifest.name) / "manifest.json", manifest)

    def archive_manifest(self, manifest: Manifest) -> None:
        """Archive what a sweep of this name declared before it declares something else."""
        name = f"manifest-{slug(manifest.declared_at)}-{manifest.sha256[:8]}.json"
        write_json(self.sweep_folder(manifest.name) / name, manifest)

    def read_certificate(self, key: str) -> Certificate | None:
        """The certificate, or None when there is none yet; StoreError when it is torn."""
        path = self.path / "certificates" / f"{key}.json"
        certificate = read_json(
            path, Certificate, what="a parity certificate", check=Certificate.check
        )
        if certificate is not None and certificate.key != key:
            raise StoreError(f"{path}: the certificate of {cut(certificate.key)}")
        return certificate

    def read_certificates(self, keys: Iterable[str]) -> tuple[dict[str, Certificate], list[str]]:
        """The existing ones, by key, and a complaint per unreadable one."""
        return _read_each(keys, self.read_certificate)

    def read_histories(
        self, machine_class: str, run_ids: Iterable[str]
    ) -> tuple[dict[str, History], list[str]]:
        """The existing ones, by run id, and a complaint per unreadable one."""
        return _read_each(run_ids, lambda run_id: self.run(machine_class, run_id).read_history())

    def read_audits(
        self, machine_class: str, run_ids: Iterable[str]
    ) -> tuple[dict[str, Audit], list[str]]:
        """The existing ones, by run id, and a complaint per unreadable one."""
        return _read_each(run_ids, lambda run_id: self.run(machine_class, run_id).read_audit())

    def write_certificate(self, certificate: Certificate) -> Path:
        path = self.path / "certificates" / f"{certificate.key}.json"
        write_json(path, certificate)
        return path

    def certificate_lock(self, key: str) -> Path:
        return self.path / "certificates" / f".{key}.lock"


def _read_manifest(path: Path) -> Manifest | None:
    what = "a sweep's manifest"
    return read_json(path, Manifest, what=what, migrate=migrate_manifest, check=Manifest.check)


def _read_each(
    keys: Iterable[str], read: Callable[[str], Kind | None]
) -> tuple[dict[str, Kind], list[str]]:
    found, complaints = {}, []
    for key in keys:
        try:
            content = read(key)
        except StoreError as error:
            complaints.append(str(error))
            continue
        if content is not None:
            found[key] = content
    return found, complaints


def check_sweep_name(name: str) -> None:
    """Raise StoreError for a name that is not a plain word, and so could climb out of a folder."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", name):
        raise StoreError(
            f"sweep {name[:120]!r}: a sweep's name is up to 100 letters, digits, '_', '-' and '.', "
            "no folders"
        )
