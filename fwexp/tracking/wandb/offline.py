"""Writes a W&B offline run."""

import shutil
from pathlib import Path

import wandb

from fwexp.tracking.run_content import AXIS, SERIES
from fwexp.tracking.wandb.content import WandbRun
from fwexp.tracking.wandb.sync_state import OfflineRun

MAX_TAG = 64  # characters, W&B's own limit


def write_offline_run(folder: Path, *, content: WandbRun, project: str, group: str) -> OfflineRun:
    """A new offline run below the folder, which replaces any earlier one."""
    shutil.rmtree(folder / "wandb", ignore_errors=True)
    written = write_rows(folder, content=content, project=project, group=group)
    return OfflineRun(
        folder=str(written.relative_to(folder)),
        wandb_id=content.wandb_id,
        source_sha256=content.source_sha256,
        num_rows=len(content.rows),
        project=project,
        group=group,
    )


def write_rows(
    folder: Path, *, content: WandbRun, project: str, group: str, first_row: int = 0
) -> Path:
    """W&B's new run folder below `folder`: the content, with its rows from `first_row` on."""
    with wandb.init(
        mode="offline",
        dir=folder,
        project=project,
        group=group,
        job_type=content.job_type,
        id=content.wandb_id,
        name=content.name,
        tags=[tag[:MAX_TAG] for tag in content.tags],
        config=content.config,
        reinit="create_new",  # the runs share one wandb-core: 6 ms per run instead of 400
        settings=_settings(),
    ) as run:
        run.define_metric(AXIS, hidden=True)
        for series in SERIES:
            run.define_metric(series, step_metric=AXIS)
        for row in content.rows[first_row:]:
            run.log(row, step=int(row[AXIS]))
        run.summary.update(content.summary)
        written = Path(run.dir).parent
        run.finish(exit_code=content.exit_code)
    return folder / "wandb" / written.name


def _settings() -> wandb.Settings:
    """The record already holds what wandb would gather by itself, from the wrong process."""
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
