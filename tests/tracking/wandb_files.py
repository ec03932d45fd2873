"""A reader of the files that wandb writes offline."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import Record

BLOCK = 32768


def wandb_records(path: Path) -> Iterator[Any]:
    """The Record messages of a .wandb file: LevelDB's log format behind a header of 7 bytes."""
    data, at, message = path.read_bytes(), 7, b""
    while at < len(data):
        if BLOCK - at % BLOCK < 7:  # too little is left of the block for a record's header
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        message += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # full, last; 2 and 3 are first and middle
            yield Record.FromString(message)
            message = b""


def _key(item: Any) -> str:
    return item.key or "/".join(item.nested_key)


def read_offline_run(run: Path) -> dict[str, Any]:
    """config, summary, rows, metrics, group, name, tags and exit code of a run's W&B copy."""
    (path,) = run.glob("wandb/offline-run-*/run-*.wandb")
    read: dict[str, Any] = {"rows": [], "summary": {}, "axes": {}}
    for record in wandb_records(path):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            read["config"] = {_key(i): json.loads(i.value_json) for i in record.run.config.update}
            read |= {"id": record.run.run_id, "project": record.run.project}
            read |= {"group": record.run.run_group, "name": record.run.display_name}
            read |= {"tags": list(record.run.tags)}
        elif kind == "history":
            read["rows"].append({_key(i): json.loads(i.value_json) for i in record.history.item})
        elif kind == "summary":
            items = record.summary.update
            read["summary"] |= {_key(i): json.loads(i.value_json) for i in items}
        elif kind == "metric":
            metric = record.metric
            read["axes"][metric.name or metric.glob_name] = metric.step_metric
        elif kind == "exit":
            read["exit_code"] = record.exit.exit_code
    return read
