"""A checkpoint is whole or not there, and is read only where a run can go on from it exactly."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fwexp.store import checkpoint as module
from fwexp.store.checkpoint import (
    Arithmetic,
    Checkpoint,
    Trained,
    UnusableCheckpoint,
    has_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from fwexp.store.record import Evaluation, Interruption

HERE = Arithmetic(cpu="A CPU", instruction_sets=["avx2", "fma"], num_threads=2)
AT = "2026-01-01T00:00:00.000+00:00"
SAVED = Checkpoint(
    run_id="r1",
    step=2,
    arithmetic=HERE,
    trained=Trained(
        losses=[0.1, 1 / 3],
        step_s=[1e-3, 2e-3],
        evaluations=[Evaluation(step=0, train_s=0.0, scores={"loss": 0.7})],
        evaluation_s=0.5,
        checkpoint_s=0.25,
    ),
    started_at=AT,
    start_s=1.0,
    data_s=2.0,
    build_s=3.0,
    elapsed_s=9.0,
    interruptions=[Interruption(step=1, saved_at=AT, resumed_at=AT, lost_s=60.0)],
    saved_at=AT,
    host="h",
    random_state={"python": [3, [1, 2], None]},
)


def put(folder: Path, *, step: int = 2, text: str = "weights", **changes: Any) -> Path:
    saved = replace(SAVED, step=step, **changes)
    write_checkpoint(folder, saved, lambda path: (path / "w.bin").write_text(text))
    return folder / str(step)


def read(folder: Path) -> tuple[Checkpoint, Path]:
    return read_checkpoint(folder, run_id="r1", here=HERE)


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    path = put(tmp_path)
    assert read(tmp_path) == (SAVED, path)
    assert (path / "w.bin").read_text() == "weights"


def test_there_is_none_before_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    assert not has_checkpoint(folder)
    put(folder)
    assert has_checkpoint(folder)


def test_a_new_one_takes_the_place_of_the_old_and_of_what_was_left_half_written(
    tmp_path: Path,
) -> None:
    old = put(tmp_path)
    (old.parent / ".partial-killed").mkdir()
    put(tmp_path, step=5)
    assert [path.name for path in old.parent.iterdir()] == ["5"]
    assert read(tmp_path)[0].step == 5


def test_of_two_the_newer_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, step=9)
    monkeypatch.setattr(module.shutil, "rmtree", lambda *_, **__: None)  # killed before it
    put(tmp_path, step=10)
    assert read(tmp_path)[0].step == 10


def fail_to_save(folder: Path, _: pytest.MonkeyPatch) -> None:
    def save(path: Path) -> None:
        (path / "w.bin").write_text("half")
        raise OSError("disk full")

    write_checkpoint(folder, replace(SAVED, step=5), save)


def fail_to_sync(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(module.os, "fsync", full)
    put(folder, step=5)


@pytest.mark.parametrize("fail", [fail_to_save, fail_to_sync])
def test_one_that_breaks_off_leaves_the_old_and_nothing_else(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fail: Callable[[Path, pytest.MonkeyPatch], None],
) -> None:
    old = put(tmp_path)
    with pytest.raises(OSError, match="disk full"):
        fail(tmp_path, monkeypatch)
    assert list(old.parent.iterdir()) == [old]
    assert read(tmp_path)[0].step == 2


def test_it_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, rename = module._sync, Path.rename
    monkeypatch.setattr(module, "_sync", lambda path: done.append(path.name) or sync(path))
    monkeypatch.setattr(Path, "rename", lambda path, to: done.append("rename") or rename(path, to))
    put(tmp_path)
    assert set(done[:2]) == {"w.bin", "checkpoint.json"}
    assert done[2].startswith(".partial-")
    assert done[3:] == ["rename", tmp_path.name]


def shorten(path: Path) -> None:
    path.write_text(path.read_text()[:-9])


def strip(path: Path) -> None:
    plain = json.loads(path.read_text())
    del plain["checkpoint"]["step"]
    path.write_text(json.dumps(plain))


@pytest.mark.parametrize(
    ("name", "harm", "words"),
    [
        ("w.bin", shorten, "torn (w.bin differs from what was written)"),
        ("w.bin", Path.unlink, "torn ([Errno 2] No such file or directory: "),
        ("checkpoint.json", Path.unlink, "torn (it has no checkpoint.json)"),
    ],
)
def test_a_torn_one_is_refused(
    tmp_path: Path, name: str, harm: Callable[[Path], Any], words: str
) -> None:
    path = put(tmp_path)
    harm(path / name)
    with pytest.raises(UnusableCheckpoint) as raised:
        read(tmp_path)
    assert str(raised.value).startswith(f"{path}: {words}")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (shorten, "cannot be read (Unterminated string"),
        (strip, "not a run's checkpoint (Object missing required field `step` - at `$.checkpoint`"),
        (lambda path: path.write_text("{}"), "not a run's checkpoint (Object missing required"),
        (lambda path: path.write_bytes(b"\xff"), "cannot be read ('utf-8' codec"),
    ],
)
def test_one_whose_list_is_torn_is_refused(
    tmp_path: Path, harm: Callable[[Path], Any], words: str
) -> None:
    file = put(tmp_path) / "checkpoint.json"
    harm(file)
    with pytest.raises(UnusableCheckpoint) as raised:
        read(tmp_path)
    assert str(raised.value).startswith(f"{file}: {words}")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_threads": 3}, "3 threads there, 2 here"),
        ({"cpu": "B CPU"}, "B CPU there, A CPU here"),
        ({"instruction_sets": ["avx2", "avx512f"]}, "only one of the two has avx512f, fma"),
        (
            {"num_threads": 1, "instruction_sets": []},
            "1 threads there, 2 here; only one of the two has avx2, fma",
        ),
    ],
)
def test_one_of_another_arithmetic_is_refused(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = put(tmp_path, arithmetic=replace(HERE, **changes))
    with pytest.raises(UnusableCheckpoint) as raised:
        read(tmp_path)
    assert str(raised.value) == f"{path}: saved where rounding differs ({words})"


def test_another_runs_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, run_id="r2")
    with pytest.raises(UnusableCheckpoint) as raised:
        read(tmp_path)
    assert str(raised.value) == f"{path}: belongs to the run r2"


def test_this_machine_names_its_arithmetic() -> None:
    here = module.arithmetic(num_threads=3)
    assert here.num_threads == 3
    assert here.cpu
    assert here.instruction_sets == sorted(here.instruction_sets) != []
