"""What a W&B run holds of a finished run, or of a whole sweep."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fwexp.errors import StoreError
from fwexp.tracking.marker import source_of, source_sha256, wandb_id
from fwexp.tracking.rows import Row, config_of, name_of, rows_of, summary_of, tags_of
from fwexp.tracking.run_files import read_run
from fwexp.tracking.sweep_copy import sweep_config, sweep_id, sweep_summary, sweep_tags

DIGEST = "source_sha256"  # in the summary, which is sent last: with it everything is there


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One W&B run, before it is written anywhere."""

    wandb_id: str
    name: str
    job_type: str  # train | sweep
    tags: list[str]
    config: dict[str, Any]
    summary: dict[str, Any]
    source_sha256: str
    rows: list[Row] = field(default_factory=list)
    exit_code: int = 0


def copy_of(folder: Path) -> Copy:
    """The copy of a run's or a sweep's folder; StoreError where a file is torn, or too old."""
    is_sweep = (folder / "manifest.json").is_file()
    try:
        return _copy_of_sweep(folder) if is_sweep else _copy_of_run(folder)
    except (ValueError, KeyError, TypeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise StoreError(f"{source_of(folder)}: torn, or of another version ({what})") from error


def _copy_of_run(run: Path) -> Copy:
    record, history = read_run(run)
    sha256 = source_sha256(run)
    return Copy(
        wandb_id=wandb_id(run),
        name=name_of(record),
        job_type="train",
        tags=tags_of(record),
        config=config_of(record),
        summary=summary_of(record) | {DIGEST: sha256},
        source_sha256=sha256,
        rows=list(rows_of(record, history=history)),
        exit_code=0 if record.status == "done" else 1,
    )


def _copy_of_sweep(folder: Path) -> Copy:
    sha256 = source_sha256(folder)
    evidence = json.loads((folder / "evidence.json").read_text())
    return Copy(
        wandb_id=sweep_id(folder),
        name=f"sweep {folder.name}",
        job_type="sweep",
        tags=sweep_tags(evidence),
        config=sweep_config(folder, evidence),
        summary=sweep_summary(evidence) | {DIGEST: sha256},
        source_sha256=sha256,
    )
