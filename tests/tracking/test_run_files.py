"""A torn or odd file is named with what is wrong in it."""

import json
from pathlib import Path

import pytest

from fwexp.errors import StoreError
from fwexp.store.record import History
from fwexp.tracking.run_files import read_run
from tests.tracking.made_runs import make_failure, make_history, make_record, write_run


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
        (39, 40, "its series differ in length: {'loss': 39, 'step_s': 40, 'learning_rate': 40}"),
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
