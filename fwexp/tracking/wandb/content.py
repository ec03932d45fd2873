"""What a W&B run holds of a finished run, or of a whole sweep."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fwexp.config.plain import to_plain
from fwexp.evidence.aggregate import NO_RECORD
from fwexp.files import decode_json, read_json
from fwexp.store.manifest import Manifest
from fwexp.store.migrations import migrate_manifest
from fwexp.store.store import Store
from fwexp.tracking.run_content import (
    Row,
    config_of,
    content_id,
    malformed_as_store_error,
    name_of,
    read_run,
    rows_of,
    summary_of,
    tags_of,
)
from fwexp.tracking.wandb.sync_state import is_sweep, source_of, source_sha256

Plain = dict[str, Any]
DIGEST = "source_sha256"  # in the summary, which is sent last: once it is there, so is the rest

SWEEP_RUN = "the sweep's W&B run"


@dataclass(frozen=True, kw_only=True)
class WandbRun:
    """A W&B run's content, before it is written anywhere."""

    wandb_id: str
    name: str
    job_type: str  # train | sweep
    tags: list[str]
    config: Plain
    summary: Plain
    source_sha256: str
    rows: list[Row] = field(default_factory=list)
    exit_code: int = 0


def wandb_run(folder: Path) -> WandbRun:
    """The content for a run's or a sweep's folder; StoreError if a file is torn or too old."""
    with malformed_as_store_error(source_of(folder)):
        return _sweep(folder) if is_sweep(folder) else _run(folder)


def _run(folder: Path) -> WandbRun:
    record, history = read_run(folder)
    sha256 = source_sha256(folder)
    return WandbRun(
        wandb_id=content_id(folder),
        name=name_of(record),
        job_type="train",
        tags=tags_of(record),
        config=config_of(record),
        summary=summary_of(record) | {DIGEST: sha256},
        source_sha256=sha256,
        rows=list(rows_of(record, history=history)),
        exit_code=0 if record.status == "done" else 1,
    )


def _sweep(folder: Path) -> WandbRun:
    """A sweep as one W&B run: its declaration, its verdicts and its certificates."""
    sha256 = source_sha256(folder)
    store = Store(folder.parents[1])  # STORE/sweeps/<name>
    manifest = store.read_manifest(folder.name)
    evidence = read_json(folder / "evidence.json", Plain, what="a write-up's evidence") or {}
    return WandbRun(
        wandb_id=_sweep_id(manifest, name=folder.name),
        name=f"sweep {folder.name}",
        job_type="sweep",
        tags=_sweep_tags(evidence),
        config=_sweep_config(store, manifest, evidence),
        summary=_sweep_summary(evidence) | {DIGEST: sha256},
        source_sha256=sha256,
    )


def _sweep_id(manifest: Manifest, *, name: str) -> str:
    """The same for one declaration, however its evidence grows or its tracking is set."""
    declared = f"{manifest.sha256} {manifest.declared_at}"
    return f"sweep-{name}-{hashlib.sha256(declared.encode()).hexdigest()[:8]}"


def _sweep_tags(evidence: Plain) -> list[str]:
    """The names of the models and data sets that people filter by."""
    names = [
        w["config"][group]["name"] for group in ("model", "data") for w in evidence["workloads"]
    ]
    return list(dict.fromkeys(names))


def _sweep_config(store: Store, manifest: Manifest, evidence: Plain) -> Plain:
    """What the write-up needs besides the runs, as JSON text, for the same reasons as a record."""
    runs = [run for workload in evidence["workloads"] for run in workload["runs"]]
    recorded = [run["run_id"] for run in runs if run["problem"] != NO_RECORD]
    ids = {i: content_id(store.run(manifest.machine_class, i).path) for i in recorded}
    certificates, _ = store.read_certificates(manifest.certificates)
    audits, _ = store.read_audits(manifest.machine_class, recorded)
    shown = ("name", "title", "command", "declared_at", "machine_class")
    return {
        **{key: evidence["sweep"][key] for key in shown},
        "manifest": json.dumps(to_plain(manifest)),
        "earlier": json.dumps(to_plain(store.read_earlier_manifests(manifest.name)[0])),
        "certificates": json.dumps(to_plain(list(certificates.values()))),
        "audits": json.dumps(to_plain(list(audits.values()))),
        "complaints": json.dumps(evidence["complaints"]),
        "wandb_ids": json.dumps(ids),
    }


def manifest_from_text(text: str) -> Manifest:
    """The manifest in a sweep's W&B run; StoreError if the text holds none."""
    return decode_json(text, Manifest, where=SWEEP_RUN, what="a sweep's manifest", migrate=_spread)


def _spread(plain: Plain) -> Plain:
    """Version 1 wrote what all runs share once."""
    if "shared" in plain:
        shared, keys = plain.pop("shared"), plain.pop("keys")
        for run_id, own in plain["runs"].items():
            config = shared | own
            plain["runs"][run_id] = {key: config[key] for key in keys if key in config}
    return migrate_manifest(plain)


def _sweep_summary(evidence: Plain) -> Plain:
    """The verdicts and certificates as plain numbers and words."""
    decision = evidence["decision"]
    summary = {key: decision[key] for key in ("recommendation", "scope", "how_sure")}
    summary |= {f"choose/{c['workload']}": c["winner"] for c in decision["choices"]}
    for answer in evidence["answers"]:
        for finding in answer["findings"]:
            summary |= dict(_finding(finding, key=answer["key"]))
    for c in evidence["certificates"]:
        prefix = f"certificate/{c['model']}/{c['data']}/{c['optimizer']}/{c['precision']}"
        summary[prefix] = "passed" if c["passed"] else "failed"
        differences = [stage["difference"] for stage in c["stages"]]
        summary[f"{prefix}/worst_difference"] = max(
            (d for d in differences if d is not None), default=0
        )
    return {key: value for key, value in summary.items() if value is not None}


def _finding(finding: Plain, *, key: str) -> Iterator[tuple[str, Any]]:
    prefix = f"{key}/{finding['workload']}"
    yield f"{prefix}/verdict", finding["verdict"]
    yield f"{prefix}/n", finding["n"]
    yield f"{prefix}/estimate", finding["estimate"]
    if finding["outer"]:
        yield f"{prefix}/low", finding["outer"]["low"]
        yield f"{prefix}/high", finding["outer"]["high"]
