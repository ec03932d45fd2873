"""One finished run as a Weights & Biases offline run."""

import shutil
from collections.abc import MutableMapping
from pathlib import Path

import wandb

from fwexp.runs.record import History, RunRecord
from fwexp.tracking.marker import Marker, record_sha256
from fwexp.tracking.rows import AXIS, SERIES, config_of, name_of, rows_of, summary_of, tags_of


def confine_wandb(environment: MutableMapping[str, str], *, folder: Path) -> None:
    """Keep everything that wandb writes under `folder`, and the user's own settings out of it.

    A WANDB_MODE, WANDB_RUN_ID or WANDB_API_KEY meant for other work must not reach these runs.
    """
    for name in [name for name in environment if name.startswith("WANDB_")]:
        del environment[name]
    for kind in ("", "DATA_", "CACHE_", "CONFIG_"):
        environment[f"WANDB_{kind}DIR"] = str(folder)
    environment["WANDB_ERROR_REPORTING"] = "false"


def write_offline_run(
    run: Path, *, record: RunRecord, history: History, project: str, group: str
) -> Marker:
    """The marker of a new offline run below the run's folder; what an earlier try left goes."""
    shutil.rmtree(run / "wandb", ignore_errors=True)
    sha256 = record_sha256(run)
    # A run done again must be another W&B run: syncing one id twice appends to its history.
    wandb_id = f"{record.run_id}-{sha256[:8]}"
    with wandb.init(
        mode="offline",
        dir=run,
        project=project,
        group=group,
        job_type="train",
        id=wandb_id,
        name=name_of(record),
        tags=tags_of(record),
        config=config_of(record),
        reinit="create_new",  # the runs share one service: 6 ms a run instead of 400
        settings=_settings(),
    ) as copy:
        _fill(copy, record=record, history=history)
        folder = f"wandb/{Path(copy.dir).parent.name}"
        copy.finish(exit_code=0 if record.status == "done" else 1)
    return Marker(folder=folder, wandb_id=wandb_id, record_sha256=sha256)


def _fill(copy: wandb.Run, *, record: RunRecord, history: History) -> None:
    copy.define_metric(AXIS, hidden=True)
    for series in SERIES:
        copy.define_metric(series, step_metric=AXIS)
    for row in rows_of(record, history=history):
        copy.log(row, step=int(row[AXIS]))
    copy.summary.update(summary_of(record))


def _settings() -> wandb.Settings:
    """The record says already what wandb would gather by itself, of the wrong process."""
    return wandb.Settings(
        init_timeout=20,
        finish_timeout=60,
        console="off",
        silent=True,
        symlink=False,
        disable_git=True,
        disable_code=True,
        save_code=False,
        x_disable_meta=True,
        x_disable_stats=True,
        x_disable_machine_info=True,
        x_save_requirements=False,
    )
