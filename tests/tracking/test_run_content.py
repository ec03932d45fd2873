"""A run's files are checked as they are read, and shown under the record's names and values."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from fwexp.errors import StoreError
from fwexp.store.record import History
from fwexp.tasks.language_model import LanguageModel
from fwexp.tracking.run_content import (
    config_of,
    name_of,
    read_run,
    rows_of,
    summary_of,
    tags_of,
)
from tests.tracking.made_runs import (
    NUM_STEPS,
    make_failure,
    make_history,
    make_record,
    write_run,
)


def test_a_run_reads_back_as_it_was_written(tmp_path: Path) -> None:
    run = write_run(tmp_path, record=make_record("torch"), history=make_history())
    assert read_run(run) == (make_record("torch"), make_history())


def test_a_failed_run_needs_no_history(tmp_path: Path) -> None:
    run = write_run(tmp_path, record=make_failure(), history=None)
    record, history = read_run(run)
    assert record == make_failure()
    assert history == History(loss=[], step_s=[], learning_rate=[])


def problem_of(run: Path) -> str:
    with pytest.raises(StoreError) as caught:
        read_run(run)
    return str(caught.value)


def test_a_done_run_needs_its_history(tmp_path: Path) -> None:
    run = write_run(tmp_path, record=make_record("tf"), history=None)
    assert problem_of(run) == f"{run}: has no history.json, though its record says done"


def test_a_run_needs_its_record(tmp_path: Path) -> None:
    run = write_run(tmp_path, record=make_record("tf"), history=make_history())
    (run / "record.json").unlink()
    assert problem_of(run) == f"{run}: has no record.json"


@pytest.mark.parametrize("name", ["record.json", "history.json"])
def test_a_torn_file(tmp_path: Path, name: str) -> None:
    run = write_run(tmp_path, record=make_record("torch"), history=make_history())
    text = (run / name).read_text()
    (run / name).write_text(text[: len(text) // 2])
    assert problem_of(run).startswith(f"{run / name}: cannot be read (")


def test_a_history_of_other_fields(tmp_path: Path) -> None:
    run = write_run(tmp_path, record=make_record("torch"), history=make_history())
    (run / "history.json").write_text(json.dumps({"loss": []}))
    assert problem_of(run).startswith(f"{run / 'history.json'}: not a run's history (")


@pytest.mark.parametrize(
    ("num_losses", "num_steps", "problem"),
    [
        (
            *(39, 40),
            "not a run's history (its series differ in length: {'loss': 39, 'step_s': 40, "
            "'learning_rate': 40})",
        ),
        (41, 41, "holds 41 steps, its record 40"),
    ],
)
def test_a_history_that_its_record_denies(
    tmp_path: Path, num_losses: int, num_steps: int, problem: str
) -> None:
    history = History(
        loss=[1.0] * num_losses, step_s=[1.0] * num_steps, learning_rate=[1.0] * num_steps
    )
    run = write_run(tmp_path, record=make_record("torch"), history=history)
    assert problem_of(run) == f"{run / 'history.json'}: {problem}"


def test_an_evaluation_beyond_the_history(tmp_path: Path) -> None:
    record = make_record("torch")
    record.evaluations[-1].step = 50
    run = write_run(tmp_path, record=record, history=make_history())
    path = run / "history.json"
    assert problem_of(run) == f"{path}: ends at step 40, its record evaluates at 50"


def test_step_0_has_its_evaluation_and_no_training() -> None:
    first = next(rows_of(make_record("torch"), history=make_history()))
    assert first == {
        "optimizer_step": 0,
        "samples_seen": 0,
        "epoch": 0,
        "time/train_s": 0,
        "val/accuracy": 0.1,
        "val/loss": 2.3,
    }


def test_a_step_without_evaluation_has_training_alone() -> None:
    rows = list(rows_of(make_record("tf"), history=make_history()))
    assert rows[2] == {
        "optimizer_step": 2,
        "samples_seen": 64,
        "epoch": 2 / 44,
        "time/train_s": 0.1,
        "train/loss": 0.5,
        "train/learning_rate": 2e-3,
        "time/step_s": 0.05,
    }


def test_the_last_step_has_both() -> None:
    *_, last = rows_of(make_record("tf"), history=make_history())
    assert last["optimizer_step"] == NUM_STEPS
    assert last["time/train_s"] == pytest.approx(0.05 * NUM_STEPS)
    assert (last["train/loss"], last["val/accuracy"]) == (1 / NUM_STEPS, 0.9)


def test_a_loss_that_is_not_a_number_stays() -> None:
    history = History(loss=[math.nan], step_s=[0.1], learning_rate=[0.1])
    rows = list(rows_of(make_failure(), history=history))
    assert [math.isnan(row["train/loss"]) for row in rows] == [True]


def test_the_headline_numbers_are_those_of_the_write_up() -> None:
    summary = summary_of(make_record("torch"))
    assert summary["time/train_total_s"] == 0.5 + 1.5
    assert summary["time/step_ms"] == pytest.approx(1000 * 32 / 900)
    assert summary["memory/peak_mib"] == 350 + 80


def test_what_a_failed_run_did_not_reach_is_left_out() -> None:
    summary = summary_of(make_failure())
    assert (summary["status"], summary["failure/kind"]) == ("failed", "ValueError")
    assert None not in summary.values()
    assert not [name for name in summary if name.startswith(("final/", "throughput/"))]


def test_the_summary_has_every_score_and_the_speed_in_its_own_unit() -> None:
    summary = summary_of(make_record("torch"))
    assert (summary["final/test_accuracy"], summary["final/test_loss"]) == (0.9, 0.4)
    assert (summary["throughput/samples_per_s"], summary["throughput/images_per_s"]) == (900, 900)
    text = make_record("tf")
    text.unit, text.units_per_s = "tokens", 9e4
    text.evaluations = [replace(text.evaluations[-1], scores={"perplexity": 20.0, "loss": 3.0})]
    text.metric = LanguageModel.metric
    summary = summary_of(text)
    assert (summary["throughput/samples_per_s"], summary["throughput/tokens_per_s"]) == (900, 9e4)
    assert summary["final/test_perplexity"] == 20.0
    assert "final/test_accuracy" not in summary
    *_, last = rows_of(text, history=make_history())
    assert {name for name in last if name.startswith("val/")} == {"val/perplexity", "val/loss"}


def test_name_and_tags_tell_the_runs_apart() -> None:
    record = make_record("tf")
    assert name_of(record) == "tf-cnn-digits-seed3"
    assert tags_of(record) == ["tf", "cnn", "digits", "cpu", "fp32", "adam"]


def test_the_configuration_keeps_its_groups_on_top() -> None:
    config = config_of(make_record("tf"))
    assert config["framework"] == {"name": "tf"}
    assert config["optimizer"]["learning_rate"] == 1e-3
    assert (config["seed"], config["machine_class"]) == (3, "cpu-2-cores")
