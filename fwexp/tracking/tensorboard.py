"""Finished runs as TensorBoard event files, from their records."""

import json
import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from fwexp.errors import StoreError
from fwexp.tracking.copies import Copy, copy_of
from fwexp.tracking.marker import wandb_id
from fwexp.tracking.rows import AXIS


def write_runs(runs: Iterable[Path], *, into: Path) -> tuple[int, dict[Path, str]]:
    """How many runs were written below `into`, a folder each, and why some were not.

    A run's folder bears the digest of its record, and comes whole or not at all: one that is there
    is left alone.
    """
    num, skipped = 0, {}
    for run in runs:
        try:
            folder = into / wandb_id(run)
            if folder.is_dir():
                continue
            _write(folder, copy=copy_of(run))
        except (StoreError, OSError) as error:
            skipped[run] = f"{type(error).__name__}: {error}"
        else:
            num += 1
    return num, skipped


def _write(folder: Path, *, copy: Copy) -> None:
    """A scalar for each figure of each step, and the headline numbers at the last."""
    unfinished = folder.with_name(f".{folder.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    writer = EventFileWriter(str(unfinished))
    began_s = datetime.fromisoformat(json.loads(copy.config["record"])["started_at"]).timestamp()
    last = 0
    for row in copy.rows:
        last = int(row[AXIS])
        figures = {name: value for name, value in row.items() if name != AXIS}
        writer.add_event(_event(figures, step=last, at_s=began_s + row["time/train_s"]))
    headline = {f"summary/{name}": value for name, value in copy.summary.items()}
    writer.add_event(_event(headline, step=last, at_s=began_s))
    writer.close()
    unfinished.rename(folder)


def _event(figures: Mapping[str, float | str], *, step: int, at_s: float) -> Event:
    """The numbers among the figures; TensorBoard's scalars have single precision."""
    values = [
        Summary.Value(tag=name, simple_value=value)
        for name, value in figures.items()
        if isinstance(value, int | float)
    ]
    return Event(wall_time=at_s, step=step, summary=Summary(value=values))
