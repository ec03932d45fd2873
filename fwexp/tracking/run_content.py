"""A finished run as every tracker shows it, under the same names for both frameworks."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import accumulate
from pathlib import Path
from typing import Any

from fwexp.config.plain import to_plain
from fwexp.errors import StoreError
from fwexp.evidence.cost import cost_usd
from fwexp.evidence.questions import peak_mib, step_ms
from fwexp.store.record import Evaluation, History, RunRecord
from fwexp.store.run_folder import RunFolder

Row = dict[str, float]

# Every series is plotted over optimizer steps: W&B's own `_step` and `_runtime` count log calls
# and the seconds spent mirroring.
AXIS = "optimizer_step"
SERIES = ("epoch", "samples_seen", "train/*", "val/*", "time/*")
FRAMEWORK = "framework_name"  # a Report may not filter or group by a nested key
# The fields of a record that become its summary and rows; the others are metadata.
FIGURES = (
    *("phases", "import_s", "memory", "num_steps", "num_first_steps", "num_parameters"),
    *("samples_per_s", "units_per_s", "data_wait_ms_per_step", "score", "evaluations"),
)


def content_id(run: Path) -> str:
    """The run's id and its record's digest: to a tracker, a repeated run is a new one, since
    syncing one W&B id twice appends."""
    digest = hashlib.sha256((run / "record.json").read_bytes()).hexdigest()
    return f"{run.name}-{digest[:8]}"


@contextmanager
def malformed_as_store_error(path: Path) -> Iterator[None]:
    """What odd content raises, as a StoreError that names the file."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise StoreError(f"{path}: torn, or written by another version ({what})") from error


def read_run(run: Path) -> tuple[RunRecord, History]:
    """The record and the series of a run's folder; the series are empty if a failed run left none.

    StoreError if a file is torn, or if the two contradict each other.
    """
    folder = RunFolder(run)
    record, history = folder.read_record(), folder.read_history()
    if record is None:
        raise StoreError(f"{run}: has no record.json")
    if history is None and record.status == "done":
        raise StoreError(f"{run}: has no history.json, though its record says done")
    if history is None:
        return record, History(loss=[], step_s=[], learning_rate=[])
    _check(history, record=record, path=folder.history_file)
    return record, history


def _check(history: History, *, record: RunRecord, path: Path) -> None:
    num_steps = len(history.loss)
    if record.num_steps is not None and record.num_steps != num_steps:
        raise StoreError(f"{path}: holds {num_steps} steps, its record {record.num_steps}")
    last = max((evaluation.step for evaluation in record.evaluations), default=0)
    if last > num_steps:
        raise StoreError(f"{path}: ends at step {num_steps}, its record evaluates at {last}")


def config_of(record: RunRecord) -> dict[str, Any]:
    """The typed configuration, and beside its groups what the run ran on.

    All of it, with the rest of the record's metadata, is repeated in `record` as JSON text: W&B
    keeps neither the order of keys nor empty groups, and turns 1.0 into 1.
    """
    plain = to_plain(record)
    metadata = {k: v for k, v in plain.items() if k not in FIGURES}
    return {
        **plain["config"],
        FRAMEWORK: record.config.framework.name,
        "record": json.dumps(metadata),
        "run_id": record.run_id,
        "machine_class": record.machine_class,
        "environment": plain["environment"],
        "effective": plain["effective"],
        "digests": record.digests,
        "hashes": record.hashes,
    }


def tags_of(record: RunRecord) -> list[str]:
    """The names of the groups that people filter by."""
    groups = ("framework", "model", "data", "hardware", "precision", "optimizer")
    return [str(getattr(record.config, group).name) for group in groups]


def name_of(record: RunRecord) -> str:
    """The run's display name: torch-cnn-digits-seed0."""
    config = record.config
    names = [config.framework.name, config.model.name, config.data.name]
    return "-".join([*names, f"seed{config.seed}"])


def rows_of(record: RunRecord, *, history: History) -> Iterator[Row]:
    """One row per optimizer step, with its evaluation if there was one.

    `time/train_s` is the sum of the step times so far, and exactly the record's where it was
    evaluated. Step 0 has a row if it was evaluated.
    """
    evaluations = {evaluation.step: evaluation for evaluation in record.evaluations}
    train_s = [0.0, *accumulate(history.step_s)]
    for step in sorted({*range(1, len(train_s)), *evaluations}):
        row = _axes(record, step=step) | {"time/train_s": train_s[step]}
        if step:
            row |= _training(history, index=step - 1)
        if step in evaluations:
            row |= _evaluation(evaluations[step])
        yield row


def summary_of(record: RunRecord) -> dict[str, Any]:
    """The headline numbers, as in the write-up; what a run did not reach is left out."""
    values = {
        "status": record.status,
        "time/import_s": record.import_s,
        "time/step_ms": step_ms(record),
        "time/data_wait_ms_per_step": record.data_wait_ms_per_step,
        "throughput/samples_per_s": record.samples_per_s,
        f"throughput/{record.unit}_per_s": record.units_per_s,
        "model/num_parameters": record.num_parameters,
        "num_steps": record.num_steps,
        "num_first_steps": record.num_first_steps,
        "memory/peak_mib": peak_mib(record),
        "cost_usd": cost_usd(record, record.config.pricing),
    }
    if record.evaluations:
        scores = record.evaluations[-1].scores
        values |= {f"final/test_{name}": value for name, value in scores.items()}
    if record.phases is not None:
        values["time/train_total_s"] = record.phases.first_steps_s + record.phases.steady_s
        values |= {f"time/{name}": value for name, value in asdict(record.phases).items()}
    if record.memory is not None:
        values |= {f"memory/{name}": value for name, value in asdict(record.memory).items()}
    if record.failure is not None:
        values |= {f"failure/{name}": value for name, value in asdict(record.failure).items()}
    return {name: value for name, value in values.items() if value is not None}


def _axes(record: RunRecord, *, step: int) -> Row:
    config = record.config
    samples_seen = step * config.training.batch_size
    return {AXIS: step, "samples_seen": samples_seen, "epoch": step / config.steps_per_epoch}


def _training(history: History, *, index: int) -> Row:
    return {
        "train/loss": history.loss[index],
        "train/learning_rate": history.learning_rate[index],
        "time/step_s": history.step_s[index],
    }


def _evaluation(evaluation: Evaluation) -> Row:
    scores = {f"val/{name}": value for name, value in evaluation.scores.items()}
    took = {} if evaluation.took_s is None else {"time/evaluation_took_s": evaluation.took_s}
    return {"time/train_s": evaluation.train_s, **took, **scores}
