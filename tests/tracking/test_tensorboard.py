"""TensorBoard's own reader finds the record's figures in the event files."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from fwexp.config.schema import Tracking
from fwexp.tracking.run_content import rows_of, summary_of
from fwexp.tracking.track import track
from tests.tracking.made_runs import NUM_STEPS, make_failure, make_history, make_record, write_run

TENSORBOARD = Tracking(name="tensorboard", project="fwexp")


@pytest.fixture(autouse=True)
def no_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorBoard's own switch: its reader does not need TensorFlow, which takes 4 s to import."""
    name = "tensorboard.compat.notf"
    monkeypatch.setitem(sys.modules, name, ModuleType(name))


def track_runs(store: Path, runs: list[Path]) -> None:
    track(store, folders=runs, tracking=TENSORBOARD, group="demo")


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Every series of an event file: steps and values."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    found.Reload()
    return {
        tag: [(event.step, event.value) for event in found.Scalars(tag)]
        for tag in found.Tags()["scalars"]
    }


def test_the_figures_are_the_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record, history = make_record("tf"), make_history()
    track_runs(tmp_path, [write_run(tmp_path, record=record, history=history)])
    (folder,) = (tmp_path / "tensorboard" / "demo").iterdir()
    found = scalars(folder)
    rows = list(rows_of(record, history=history))
    for name in ("train/loss", "val/accuracy", "time/train_s", "epoch"):
        held = [(row["optimizer_step"], row[name]) for row in rows if name in row]
        assert found[name] == [(step, pytest.approx(value, rel=1e-6)) for step, value in held]
    for name, value in summary_of(record).items():
        if not isinstance(value, str):
            assert found[f"summary/{name}"] == [(NUM_STEPS, pytest.approx(value, rel=1e-6))]
    assert capsys.readouterr().out == (
        f"1 run written for TensorBoard: tensorboard --logdir {tmp_path / 'tensorboard'}\n"
    )


def test_a_second_time_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [write_run(tmp_path, record=make_record("tf"), history=make_history())]
    track_runs(tmp_path, runs)
    before = sorted((tmp_path / "tensorboard").rglob("*"))
    capsys.readouterr()
    track_runs(tmp_path, runs)
    assert sorted((tmp_path / "tensorboard").rglob("*")) == before
    assert capsys.readouterr().out == ""


def test_a_failed_run_and_a_torn_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failed = write_run(tmp_path, record=make_failure(), history=None)
    torn = write_run(tmp_path, record=make_record("tf"), history=make_history())
    (torn / "history.json").write_text('{"loss": [0.1, 0.')
    track_runs(tmp_path, [failed, torn, tmp_path / "runs" / "unfinished"])
    out, err = capsys.readouterr()
    assert out.startswith("1 run written for TensorBoard")
    assert err.startswith(
        f"warning: 1 of 2 runs not written for TensorBoard: StoreError: {torn}/history.json: "
    )
