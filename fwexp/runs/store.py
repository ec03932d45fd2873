"""The store: a folder a run, one writer each, the record written last."""

import difflib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fwexp.errors import StoreError
from fwexp.launch.manifest import Manifest
from fwexp.parity.certificate import Certificate, Stage
from fwexp.runs.record import Evaluation, Failure, History, Memory, Phases, RunRecord


class Store:
    """Where records, histories, certificates and write-ups lie.

    runs/<machine class>/<run id>/{config,history,record}.json, log.txt; sweeps/<name>/manifest.json;
    certificates/<key>.json.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def check_writable(self) -> None:
        """Raise StoreError unless files can be made here."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise StoreError(
                f"store={self.path}: cannot write there ({error.strerror}); "
                "name another folder with store=…"
            ) from error

    def run_folder(self, machine_class: str, run_id: str) -> Path:
        return self.path / "runs" / slug(machine_class) / run_id

    def read_record(self, machine_class: str, run_id: str) -> RunRecord | None:
        """The run's record, or None when there is none yet.

        Raises StoreError, naming the file, when it is torn or not a record.
        """
        path = self.run_folder(machine_class, run_id) / "record.json"
        plain = _read_json(path)
        try:
            return None if plain is None else record_from_plain(plain)
        except (TypeError, KeyError, AttributeError) as error:
            raise StoreError(f"{path}: not a run's record ({error})") from error

    def read_records(
        self, machine_class: str, run_ids: Iterable[str]
    ) -> tuple[dict[str, RunRecord], list[str]]:
        """The records that are there, and a complaint for each that cannot be read."""
        records, complaints = {}, []
        for run_id in run_ids:
            try:
                record = self.read_record(machine_class, run_id)
            except StoreError as error:
                complaints.append(str(error))
                continue
            if record is not None:
                records[run_id] = record
        return records, complaints

    def read_history(self, machine_class: str, run_id: str) -> History | None:
        plain = _read_json(self.run_folder(machine_class, run_id) / "history.json")
        return None if plain is None else History(**plain)

    def sweep_names(self) -> list[str]:
        return sorted(p.parent.name for p in self.path.glob("sweeps/*/manifest.json"))

    def sweep_folder(self, name: str) -> Path:
        """The sweep's folder; raises StoreError for a name that is not a plain word."""
        check_sweep_name(name)
        return self.path / "sweeps" / name

    def read_manifest(self, name: str) -> Manifest:
        """What the sweep declared; raises StoreError when it never ran here."""
        plain = _read_json(self.sweep_folder(name) / "manifest.json")
        if plain is None:
            names = self.sweep_names()
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there is: {', '.join(names) or 'none'}"
            raise StoreError(f"no sweep {name!r} has run in the store {self.path}; {hint}")
        return Manifest(**plain)

    def read_certificate(self, key: str) -> Certificate | None:
        plain = _read_json(self.path / "certificates" / f"{key}.json")
        return None if plain is None else certificate_from_plain(plain)

    def read_certificates(self, keys: Iterable[str]) -> list[Certificate]:
        return [c for key in keys if (c := self.read_certificate(key)) is not None]

    def write_certificate(self, certificate: Certificate) -> Path:
        path = self.path / "certificates" / f"{certificate.key}.json"
        write_json(path, asdict(certificate))
        return path

    def archive_manifest(self, manifest: Manifest) -> None:
        """Keep what a sweep of this name declared before it declares something else."""
        name = f"manifest-{slug(manifest.declared_at)}-{manifest.sha256[:8]}.json"
        write_json(self.sweep_folder(manifest.name) / name, asdict(manifest))

    def write_manifest(self, manifest: Manifest) -> None:
        write_json(self.sweep_folder(manifest.name) / "manifest.json", asdict(manifest))


def check_sweep_name(name: str) -> None:
    """Raise StoreError for a name that is not a plain word, and so could climb out of a folder."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise StoreError(
            f"sweep {name!r}: a sweep's name is letters, digits, '_', '-' and '.', no folders"
        )


def slug(text: str) -> str:
    """The text as a folder's name."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()


def write_json(path: Path, plain: Any) -> None:
    """Write whole or not at all: temporary name, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w") as file:
        json.dump(plain, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read ({error})") from error


def record_from_plain(plain: dict[str, Any]) -> RunRecord:
    """A record from its file's content; raises TypeError or KeyError when it is not one."""
    parts = {"phases": Phases, "memory": Memory, "failure": Failure}
    built = {k: kind(**plain[k]) if plain.get(k) else None for k, kind in parts.items()}
    evaluations = [Evaluation(**e) for e in plain["evaluations"]]
    return RunRecord(**{**plain, **built, "evaluations": evaluations})


def certificate_from_plain(plain: dict[str, Any]) -> Certificate:
    return Certificate(**{**plain, "stages": [Stage(**s) for s in plain["stages"]]})
