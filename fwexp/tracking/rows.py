"""A run's record and history under the names that W&B shows, the same for both frameworks."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import accumulate
from typing import Any

from fwexp.config.schema import Training
from fwexp.evidence.cost import cost_usd
from fwexp.evidence.questions import peak_mib, step_ms
from fwexp.store.record import Evaluation, History, RunRecord
from fwexp.trainers.schedule import steps_per_epoch

Row = dict[str, float]

# Every series is drawn over optimizer steps: W&B's own `_step` and `_runtime` count log calls
# and the seconds of the copying.
AXIS = "optimizer_step"
FLAT = "framework_name"  # a Report's filters and groups take no nested key for certain
SERIES = ("epoch", "samples_seen", "train/*", "val/*", "time/*")
# The fields of a record that are its summary and its rows; the others are words.
FIGURES = (
    *("phases", "import_s", "memory", "num_steps", "num_first_steps", "num_parameters"),
    *("samples_per_s", "units_per_s", "data_wait_ms_per_step", "score", "evaluations"),
)


def config_of(record: RunRecord) -> dict[str, Any]:
    """The typed configuration, and beside its groups what the run met.

    All of that, with whatever else of the record is no figure, is once more in `record`, as JSON
    text: W&B keeps neither the order of keys nor empty groups, and makes 1 of 1.0.
    """
    words = {k: v for k, v in asdict(record).items() if k not in FIGURES}
    return {
        **record.config,
        FLAT: record.config["framework"]["name"],
        "record": json.dumps(words),
        "run_id": record.run_id,
        "machine_class": record.machine_class,
        "environment": record.environment,
        "effective": record.effective,
        "digests": record.digests,
        "hashes": record.hashes,
    }


def tags_of(record: RunRecord) -> list[str]:
    """The names of the groups that people filter by."""
    groups = ("framework", "model", "data", "hardware", "precision", "optimizer")
    return [str(record.config[group]["name"]) for group in groups]


def name_of(record: RunRecord) -> str:
    """What the run is called in W&B's table: torch-cnn-digits-seed0."""
    config = record.config
    names = [config[group]["name"] for group in ("framework", "model", "data")]
    return "-".join([*names, f"seed{config['seed']}"])


def rows_of(record: RunRecord, *, history: History) -> Iterator[Row]:
    """One row for each optimizer step, with the evaluation where there was one.

    `time/train_s` is the sum of the step times so far, to the last bit that of the record where it
    was evaluated. Step 0 has a row if it was.
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
    """The headline numbers, as the write-up has them; what a run did not reach is left out."""
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
        "cost_usd": cost_usd(record, record.config.get("pricing", {})),
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
    training = Training(**record.config["training"])
    per_epoch = steps_per_epoch(training, record.config["data"]["num_train"])
    return {
        AXIS: step,
        "samples_seen": step * training.batch_size,
        "epoch": step / per_epoch,
    }


def _training(history: History, *, index: int) -> Row:
    return {
        "train/loss": history.loss[index],
        "train/learning_rate": history.learning_rate[index],
        "time/step_s": history.step_s[index],
    }


def _evaluation(evaluation: Evaluation) -> Row:
    scores = {f"val/{name}": value for name, value in evaluation.scores.items()}
    return {"time/train_s": evaluation.train_s, **scores}
