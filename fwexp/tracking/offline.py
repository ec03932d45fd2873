"""A copy written as a Weights & Biases offline run."""

import configparser
import shutil
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path

import wandb

from fwexp.tracking.copies import Copy
from fwexp.tracking.marker import Marker
from fwexp.tracking.rows import AXIS, SERIES

MAX_TAG = 64  # characters, W&B's own limit
BASE_URL = "WANDB_BASE_URL"
ADDRESS = (
    *(BASE_URL, "WANDB_ENTITY", "WANDB_PROJECT"),
    *("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE", "WANDB_CREDENTIALS_FILE"),
)


def confine_wandb(
    environment: MutableMapping[str, str], *, folder: Path, online: bool = False
) -> None:
    """Keep everything that wandb writes under `folder`, and the user's own settings out of it.

    A WANDB_MODE or WANDB_RUN_ID meant for other work must not reach these runs; where they stay
    offline, neither must the service's address and key.
    """
    kept = ADDRESS if online else ()
    if online and BASE_URL not in environment and (address := _noted_address(environment)):
        environment[BASE_URL] = address
    for name in [n for n in environment if n.startswith("WANDB_") and n not in kept]:
        del environment[name]
    for kind in ("", "DATA_", "CACHE_", "CONFIG_"):
        environment[f"WANDB_{kind}DIR"] = str(folder.resolve())
    environment["WANDB_ERROR_REPORTING"] = "false"
    environment["WANDB_SILENT"] = "true"


def _noted_address(environment: Mapping[str, str]) -> str | None:
    """The server that `wandb login --host` has noted in its settings."""
    folder = environment.get("WANDB_CONFIG_DIR") or "~/.config/wandb"
    settings = configparser.ConfigParser(interpolation=None)
    with suppress(configparser.Error):  # wandb, too, takes a torn one for none
        settings.read(Path(folder).expanduser() / "settings")
    return settings.get("default", "base_url", fallback=None)


def write_offline_run(folder: Path, *, copy: Copy, project: str, group: str) -> Marker:
    """The marker of a new offline run below the folder; what an earlier try left goes."""
    shutil.rmtree(folder / "wandb", ignore_errors=True)
    written = write_copy(folder, copy=copy, project=project, group=group)
    return Marker(
        folder=str(written.relative_to(folder)),
        wandb_id=copy.wandb_id,
        source_sha256=copy.source_sha256,
        num_rows=len(copy.rows),
        project=project,
        group=group,
    )


def write_copy(folder: Path, *, copy: Copy, project: str, group: str, first_row: int = 0) -> Path:
    """W&B's new run folder below `folder`, with the copy's rows from `first_row` on."""
    with wandb.init(
        mode="offline",
        dir=folder,
        project=project,
        group=group,
        job_type=copy.job_type,
        id=copy.wandb_id,
        name=copy.name,
        tags=[tag[:MAX_TAG] for tag in copy.tags],
        config=copy.config,
        reinit="create_new",  # the runs share one service: 6 ms a run instead of 400
        settings=_settings(),
    ) as run:
        run.define_metric(AXIS, hidden=True)
        for series in SERIES:
            run.define_metric(series, step_metric=AXIS)
        for row in copy.rows[first_row:]:
            run.log(row, step=int(row[AXIS]))
        run.summary.update(copy.summary)
        written = Path(run.dir).parent
        run.finish(exit_code=copy.exit_code)
    return folder / "wandb" / written.name


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
