"""A sweep of cases, as one types it."""

from pathlib import Path

import pytest

from fwexp.commands.sweep import command

FILE = """\
# fwexp sweep mine
title: Mine
matrix:
  framework: [torch, tf]
  seed: [0, 1]
cases:
  - [model=mlp, training.num_epochs=3, optimizer=sgd]
  - [model=cnn, training.num_epochs=4, model.options.width=8]
overrides: [data=digits, hardware.num_threads=1, tracking=none]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "mine.yaml").write_text(FILE)
    return tmp_path


def planned(capsys: pytest.CaptureFixture[str], *line: str) -> list[str]:
    """The ids of the runs that the line plans, in no order, and nothing is written."""
    assert command(["mine", "--dry-run", *line]) == 0
    first, *blocks = capsys.readouterr().out.splitlines()
    listed = [line for line in blocks if line.startswith("  block ")]
    ids = [word for block in listed for word in block.partition(": ")[2].split()]
    assert first.endswith(f" {len(ids)} runs, {len(ids)} to do")
    return sorted(ids)


def without_hash(ids: list[str]) -> list[str]:
    return [run_id.rpartition("-")[0] for run_id in ids]


def test_every_case_has_both_frameworks_and_all_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert without_hash(planned(capsys)) == [
        f"{framework}-{model}-digits-s{seed}"
        for framework in ("tf", "torch")
        for model in ("cnn", "mlp")
        for seed in (0, 1)
    ]


def test_what_the_user_types_wins_over_every_case(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = planned(capsys, "training.num_epochs=5")
    assert len(typed) == 8
    assert set(typed).isdisjoint(planned(capsys))
    text = FILE.replace("num_epochs=3", "num_epochs=5").replace("num_epochs=4", "num_epochs=5")
    (folder / "sweeps" / "mine.yaml").write_text(text)
    assert planned(capsys) == typed


def test_an_option_that_the_user_types_wins_over_a_cases(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two cases of one model are still two: they differ in more."""
    typed = planned(capsys, "model=mlp")
    assert without_hash(typed) == [
        f"{framework}-mlp-digits-s{seed}" for framework in ("tf", "torch") for seed in (0, 0, 1, 1)
    ]
    assert len(set(typed)) == 8


def test_an_axis_that_the_user_types_is_one_in_every_case(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert len(planned(capsys, "training.num_epochs=5,6", "seed=0")) == 2 * 2 * 2
    assert len(planned(capsys, "model=mlp,cnn", "framework=torch", "seed=7")) == 2 * 2
