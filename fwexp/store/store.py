"""The store: a folder a run, one writer each, the record written last."""

import json
import os
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from fwexp.config.suggestions import suggest
from fwexp.errors import StoreError
from fwexp.store.manifest import Manifest
from fwexp.store.certificate import Certificate, Stage
from fwexp.store.record import Evaluation, Failure, History, Interruption, Load, Memory, Phases, RunRecord

Kind = TypeVar("Kind")
REQUIRED = {  # by a record's status, the fields that it cannot be without
    "done": (
        *("phases", "memory", "num_steps", "samples_per_s", "unit", "units_per_s"),
        *("metric", "score", "evaluations"),
    ),
    "failed": ("failure",),
}


class Store:
    """Where records, histories, certificates and write-ups lie.

    runs/<machine class>/<run id>/{config,history,record}.json and log.txt;
    sweeps/<name>/manifest.json; certificates/<key>.json.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def check_writable(self) -> None:
        """Raise StoreError unless files can be made here; makes none itself."""
        path = self.path.absolute()
        there = next(p for p in (path, *path.parents) if os.path.lexists(p))
        if not there.is_dir():
            reason = f"{there} is not a folder"
        elif not os.access(there, os.W_OK | os.X_OK):
            reason = f"{there} may not be written"
        else:
            return
        raise StoreError(
            f"store={self.path}: cannot write there ({reason}); name another folder with store=…"
        )

    def run_folder(self, machine_class: str, run_id: str) -> Path:
        return self.path / "runs" / slug(machine_class) / run_id

    def run_ids(self, machine_class: str) -> list[str]:
        """The runs that have a folder, whether they have a record or not."""
        folder = self.path / "runs" / slug(machine_class)
        return sorted(path.name for path in folder.glob("*"))

    def read_record(self, machine_class: str, run_id: str) -> RunRecord | None:
        """The run's record, or None when there is none yet.

        A machine class may be given by its folder's name. Raises StoreError, naming the file,
        when it is torn or not this run's record.
        """
        path = self.run_folder(machine_class, run_id) / "record.json"
        record = _read(path, record_from_plain, what="a run's record")
        if record is None:
            return None
        classes = (record.machine_class, slug(record.machine_class))
        if record.run_id != run_id or machine_class not in classes:
            raise StoreError(f"{path}: the record of {record.run_id} on {record.machine_class}")
        return record

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
        """The run's series, or None when there are none yet; StoreError as of `read_record`."""
        path = self.run_folder(machine_class, run_id) / "history.json"
        return _read(path, lambda plain: History(**plain), what="a run's history")

    def sweep_names(self) -> list[str]:
        return sorted(p.parent.name for p in self.path.glob("sweeps/*/manifest.json"))

    def sweep_folder(self, name: str) -> Path:
        """The sweep's folder; raises StoreError for a name that is not a plain word."""
        check_sweep_name(name)
        return self.path / "sweeps" / name

    def read_manifest(self, name: str) -> Manifest:
        """What the sweep declared; raises StoreError when it never ran here."""
        path = self.sweep_folder(name) / "manifest.json"
        manifest = _read(path, lambda plain: Manifest(**plain), what="a sweep's manifest")
        if manifest is None:
            names = self.sweep_names()
            hint = suggest(name, names) if names else "None has."
            raise StoreError(f"no sweep {name!r} has run in the store {self.path}. {hint}")
        return manifest

    def read_certificate(self, key: str) -> Certificate | None:
        """The certificate, or None when there is none yet; StoreError when it is torn."""
        path = self.path / "certificates" / f"{key}.json"
        return _read(path, certificate_from_plain, what="a parity certificate")

    def read_certificates(self, keys: Iterable[str]) -> list[Certificate]:
        return [c for key in keys if (c := self.read_certificate(key)) is not None]

    def write_certificate(self, certificate: Certificate) -> Path:
        path = self.path / "certificates" / f"{certificate.key}.json"
        write_json(path, asdict(certificate))
        return path

    def certificate_lock(self, key: str) -> Path:
        return self.path / "certificates" / f".{key}.lock"

    def archive_manifest(self, manifest: Manifest) -> None:
        """Keep what a sweep of this name declared before it declares something else."""
        name = f"manifest-{slug(manifest.declared_at)}-{manifest.sha256[:8]}.json"
        write_json(self.sweep_folder(manifest.name) / name, vars(manifest))

    def write_manifest(self, manifest: Manifest) -> None:
        write_json(self.sweep_folder(manifest.name) / "manifest.json", vars(manifest))


def check_sweep_name(name: str) -> None:
    """Raise StoreError for a name that is not a plain word, and so could climb out of a folder."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", name):
        raise StoreError(
            f"sweep {name[:120]!r}: a sweep's name is up to 100 letters, digits, '_', '-' and '.', "
            "no folders"
        )


def slug(text: str) -> str:
    """The text as a folder's name."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()


def write_json(path: Path, plain: Any) -> None:
    """Write the data as JSON, whole or not at all."""
    write_text(path, json.dumps(plain))


def write_text(path: Path, text: str) -> None:
    """Write whole or not at all: a temporary name of this process's own, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{socket.gethostname()}-{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _read(path: Path, build: Callable[[Any], Kind], *, what: str) -> Kind | None:
    """What `build` makes of the file; None when there is no file."""
    try:
        return build(json.loads(path.read_text()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise StoreError(f"{path}: cannot be read ({error})") from error
    except (TypeError, KeyError, ValueError) as error:
        raise StoreError(f"{path}: not {what} ({error})") from error


def record_from_plain(plain: Any) -> RunRecord:
    """A record from its file's content; TypeError, KeyError or ValueError when it is not one."""
    if not isinstance(plain, dict):
        raise TypeError(f"it holds a {type(plain).__name__}")
    parts = {"phases": Phases, "memory": Memory, "load": Load, "failure": Failure}
    built = {k: kind(**plain[k]) if plain.get(k) else None for k, kind in parts.items()}
    evaluations = [Evaluation(**e) for e in plain["evaluations"]]
    interruptions = [Interruption(**i) for i in plain.get("interruptions", [])]
    lists = {"evaluations": evaluations, "interruptions": interruptions}
    record = RunRecord(**{**plain, **built, **lists})
    if record.status not in REQUIRED:
        raise ValueError(f"its status is {record.status!r}")
    lacking = [name for name in REQUIRED[record.status] if getattr(record, name) in (None, [])]
    if lacking:
        raise ValueError(f"its status is {record.status!r}, but it has no {', '.join(lacking)}")
    return record


def certificate_from_plain(plain: Any) -> Certificate:
    """A certificate from its file's content; TypeError or KeyError when it is not one."""
    return Certificate(**{**plain, "stages": [Stage(**s) for s in plain["stages"]]})
