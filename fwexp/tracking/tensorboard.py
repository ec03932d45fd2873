"""Finished runs as TensorBoard event files, from their records."""

import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from fwexp.errors import StoreError
from fwexp.tracking.run_content import (
    AXIS,
    content_id,
    malformed_as_store_error,
    read_run,
    rows_of,
    summary_of,
)


def write_runs(runs: Iterable[Path], *, into: Path) -> tuple[int, dict[Path, str]]:
    """How many runs were written below `into`, one folder each, and why some were not.

    A run's folder carries its record's digest and appears whole or not at all: an existing one is
    left alone.
    """
    num, skipped = 0, {}
    for run in runs:
        try:
            folder = into / content_id(run)
            if folder.is_dir():
                continue
            with malformed_as_store_error(run / "record.json"):
                _write(folder, run=run)
        except (StoreError, OSError) as error:
            skipped[run] = f"{type(error).__name__}: {error}"
        else:
            num += 1
    return num, skipped


def _write(folder: Path, *, run: Path) -> None:
    """A scalar per figure and step, and the headline numbers at the last step."""
    record, history = read_run(run)
    rows, summary = list(rows_of(record, history=history)), summary_of(record)
    unfinished = folder.with_name(f".{folder.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    writer = EventFileWriter(str(unfinished))
    started_s = datetime.fromisoformat(record.started_at).timestamp()
    last = 0
    for row in rows:
        last = int(row[AXIS])
        figures = {name: value for name, value in row.items() if name != AXIS}
        writer.add_event(_event(figures, step=last, at_s=started_s + row["time/train_s"]))
    headline = {f"summary/{name}": value for name, value in summary.items()}
    writer.add_event(_event(headline, step=last, at_s=started_s))
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
