"""Reads a sweep's evidence back from the W&B service, without its store."""

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from fwexp.config.counted import counted
from fwexp.evidence.assess import Evidence, assess
from fwexp.files import decode_json
from fwexp.store.audit import Audit
from fwexp.store.certificate import Certificate
from fwexp.store.manifest import Manifest
from fwexp.store.migrations import migrate_record
from fwexp.store.record import Evaluation, History, Memory, Phases, RunRecord
from fwexp.store.store import check_sweep_name
from fwexp.tracking.run_content import AXIS
from fwexp.tracking.wandb.content import SWEEP_RUN, Plain, manifest_from_text
from fwexp.tracking.wandb.service import (
    ENDED,
    Service,
    ServiceError,
    as_service_errors,
    confine_wandb,
    connect,
)

PAGE = 10_000  # rows
Row = dict[str, Any]
COUNTS = ("num_steps", "num_first_steps")


def evidence_from_wandb(name: str, *, folder: Path) -> Evidence:
    """The evidence that the sweep's local write-up rests on; wandb's own files go to the folder.

    ServiceError if the service lacks the sweep, or some of its runs.
    """
    check_sweep_name(name)
    folder.mkdir(parents=True, exist_ok=True)
    confine_wandb(os.environ, folder=folder, online=True)
    return read_evidence(connect(), name)


def read_evidence(service: Service, name: str) -> Evidence:
    """The same, from a connected service."""
    sweeps = service.find_sweeps(name)
    if not sweeps:
        raise ServiceError(
            f"{service.url}/{service.path} has no sweep {name!r}; where it ran, type "
            f"fwexp sync {name}. If it is in another project or team, set WANDB_PROJECT or "
            "WANDB_ENTITY"
        )
    config = sweeps[0].config
    if len(sweeps) > 1:
        found = f"{len(sweeps)} sweeps are called {name!r}; this one was declared last, on "
        print(f"{found}{config['declared_at']}, {config['machine_class']}", file=sys.stderr)
    manifest = manifest_from_text(config["manifest"])
    decode = partial(decode_json, where=SWEEP_RUN)
    certificates = decode(config["certificates"], list[Certificate], what="certificates")
    audits = decode(config.get("audits", "[]"), list[Audit], what="audits")
    ids = decode(config["wandb_ids"], dict[str, str], what="the ids of its runs")
    runs = _runs(service, manifest, ids=ids)
    return assess(
        manifest,
        records={run_id: record for run_id, (record, _) in runs.items()},
        certificates={certificate.key: certificate for certificate in certificates},
        audits={audit.run_id: audit for audit in audits},
        histories={run_id: history for run_id, (_, history) in runs.items()},
        complaints=decode(config["complaints"], list[str], what="complaints"),
        earlier=[
            manifest_from_text(json.dumps(one)) for one in json.loads(config.get("earlier", "[]"))
        ],
    )


def _runs(
    service: Service, manifest: Manifest, *, ids: dict[str, str]
) -> dict[str, tuple[RunRecord, History]]:
    found = service.find(ids.values())
    missing = [i for i in ids.values() if i not in found or found[i].state not in ENDED]
    if missing:
        raise ServiceError(
            f"{service.url}/{service.path} lacks {len(missing)} of the {len(ids)} runs of "
            f"{manifest.name}, {missing[0]} among them; where they ran, type "
            f"fwexp sync {manifest.name}"
        )
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print(f"reading {counted(len(ids), 'run')} from W&B")
    with as_service_errors(service.url):
        run_ids = track(ids, description="reading runs from W&B", console=console, transient=True)
        return {run_id: read_run(found[ids[run_id]]) for run_id in run_ids}


def read_run(run: Any) -> tuple[RunRecord, History]:
    """A record from its W&B run, metadata from the config, figures from summary and history; and
    that history."""
    rows = sorted(run.scan_history(page_size=PAGE, use_cache=False), key=lambda row: int(row[AXIS]))
    record = decode_json(
        run.config["record"],
        RunRecord,
        where=f"W&B run {run.id}",
        what="a run's record",
        migrate=partial(_with_figures, summary=dict(run.summary), rows=rows),
        check=RunRecord.check,
    )
    return record, _history(rows)


def _history(rows: list[Row]) -> History:
    steps = [row for row in rows if "train/loss" in row]
    return History(
        loss=[float(row["train/loss"]) for row in steps],
        step_s=[float(row["time/step_s"]) for row in steps],
        learning_rate=[float(row["train/learning_rate"]) for row in steps],
    )


def _with_figures(metadata: Plain, *, summary: Plain, rows: list[Row]) -> Plain:
    evaluations = list(_evaluations(rows))
    plain = {
        **metadata,
        **{name: summary.get(name) for name in COUNTS},
        "phases": _group(Phases, summary, prefix="time/"),
        "memory": _group(Memory, summary, prefix="memory/"),
        "import_s": summary.get("time/import_s"),
        "num_parameters": summary.get("model/num_parameters"),
        "samples_per_s": summary.get("throughput/samples_per_s"),
        "units_per_s": summary.get(f"throughput/{metadata['unit']}_per_s"),
        "data_wait_ms_per_step": summary.get("time/data_wait_ms_per_step"),
        "evaluations": [vars(evaluation) for evaluation in evaluations],
        "score": None,
    }
    if metadata["metric"] and evaluations:
        plain["score"] = evaluations[-1].scores[metadata["metric"]["name"]]
    return migrate_record(plain)


def _evaluations(rows: Iterable[Row]) -> Iterable[Evaluation]:
    """The evaluations among a run's rows, in step order."""
    for row in rows:
        scores = {k.removeprefix("val/"): float(v) for k, v in row.items() if k.startswith("val/")}
        if scores:
            yield Evaluation(
                step=int(row[AXIS]),
                train_s=float(row["time/train_s"]),
                scores=scores,
                took_s=row.get("time/evaluation_took_s"),
            )


def _group(
    kind: type[Phases] | type[Memory], summary: dict[str, Any], *, prefix: str
) -> dict[str, float] | None:
    """The fields of a record's group; None if the run has none of them."""
    names = [field.name for field in fields(kind)]
    found = {n: summary[prefix + n] for n in names if summary.get(prefix + n) is not None}
    return found or None
