"""A sweep's evidence straight from the W&B service, with no store at hand."""

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from fwexp.evidence.assess import Evidence, assess
from fwexp.store.manifest import Manifest
from fwexp.store.record import Evaluation, Memory, Phases, RunRecord
from fwexp.store.store import certificate_from_plain, check_sweep_name, record_from_plain
from fwexp.tracking.offline import confine_wandb
from fwexp.tracking.rows import AXIS
from fwexp.tracking.service import Service, ServiceError, connect, told_as_service_errors
from fwexp.tracking.sweep_copy import manifest_from_text
from fwexp.tracking.sync import ENDED

PAGE = 10_000  # rows
COUNTS = ("num_steps", "num_first_steps")


def evidence_from_wandb(name: str, *, folder: Path) -> Evidence:
    """What the sweep's local write-up is made of; wandb's own files go under the folder.

    ServiceError where the service does not have the sweep, or not all of its runs.
    """
    check_sweep_name(name)
    folder.mkdir(parents=True, exist_ok=True)
    confine_wandb(os.environ, folder=folder, online=True)
    return read_evidence(connect(), name)


def read_evidence(service: Service, name: str) -> Evidence:
    """The same, of a service that is connected."""
    sweeps = service.find_sweeps(name)
    if not sweeps:
        raise ServiceError(
            f"{service.url}/{service.path} has no sweep {name!r}; where it ran, type: "
            f"fwexp sync {name}. If it is in another project or team, set WANDB_PROJECT or "
            "WANDB_ENTITY"
        )
    config = sweeps[0].config
    if len(sweeps) > 1:
        words = f"{len(sweeps)} sweeps {name!r} are there; this one was declared last, on "
        print(f"{words}{config['declared_at']}, {config['machine_class']}", file=sys.stderr)
    manifest = manifest_from_text(config["manifest"])
    return assess(
        manifest,
        records=_records(service, manifest, ids=json.loads(config["wandb_ids"])),
        certificates=[certificate_from_plain(c) for c in json.loads(config["certificates"])],
        complaints=json.loads(config["complaints"]),
    )


def _records(service: Service, manifest: Manifest, *, ids: dict[str, str]) -> dict[str, RunRecord]:
    found = service.find(ids.values())
    lacking = [i for i in ids.values() if i not in found or found[i].state not in ENDED]
    if lacking:
        raise ServiceError(
            f"{service.url}/{service.path} lacks {len(lacking)} of the {len(ids)} runs of "
            f"{manifest.name}, {lacking[0]} among them; where they ran, type: "
            f"fwexp sync {manifest.name}"
        )
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print(f"reading {len(ids)} runs from W&B")
    with told_as_service_errors(service.url):
        told = track(ids, description="reading runs from W&B", console=console, transient=True)
        return {run_id: read_record(found[ids[run_id]]) for run_id in told}


def read_record(run: Any) -> RunRecord:
    """A record from its W&B run: words from the config, figures from summary and history."""
    words, summary = json.loads(run.config["record"]), dict(run.summary)
    evaluations = list(_evaluations(run.scan_history(page_size=PAGE, use_cache=False)))
    plain = {
        **words,
        **{name: summary.get(name) for name in COUNTS},
        "config": words["config"],
        "phases": _group(Phases, summary, prefix="time/"),
        "memory": _group(Memory, summary, prefix="memory/"),
        "import_s": _float(summary.get("time/import_s")),
        "num_parameters": summary.get("model/num_parameters"),
        "samples_per_s": _float(summary.get("throughput/samples_per_s")),
        "units_per_s": _float(summary.get(f"throughput/{words['unit']}_per_s")),
        "data_wait_ms_per_step": _float(summary.get("time/data_wait_ms_per_step")),
        "evaluations": [vars(evaluation) for evaluation in evaluations],
        "score": None,
    }
    if words["metric"] and evaluations:
        plain["score"] = evaluations[-1].scores[words["metric"]["name"]]
    return record_from_plain(plain)


def _evaluations(rows: Iterable[dict[str, Any]]) -> Iterable[Evaluation]:
    """The evaluations among a run's rows, in the order of their steps."""
    for row in sorted(rows, key=lambda row: int(row[AXIS])):
        scores = {k.removeprefix("val/"): float(v) for k, v in row.items() if k.startswith("val/")}
        if scores:
            yield Evaluation(step=int(row[AXIS]), train_s=float(row["time/train_s"]), scores=scores)


def _group(
    kind: type[Phases] | type[Memory], summary: dict[str, Any], *, prefix: str
) -> dict[str, float] | None:
    """The fields of a record's group; None where the run has none of them."""
    names = [field.name for field in fields(kind)]
    found = {n: float(summary[prefix + n]) for n in names if summary.get(prefix + n) is not None}
    return found or None


def _float(value: Any) -> float | None:
    """W&B makes 1 of 1.0."""
    return None if value is None else float(value)
