"""One run from the command line."""

from pathlib import Path

import pytest

from fwexp.commands.single_run import run_one
from fwexp.config.load import compose
from fwexp.launch import drive
from tests.tiny import FRAGILE, TINY, SharedServers


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drive, "framework_servers", SharedServers)
    return tmp_path


def run(folder: Path, *overrides: str) -> int:
    return run_one(compose([*overrides, f"store={folder / 'store'}"]))


def test_it_ends_in_a_summary_and_again_in_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, *TINY) == 0
    first = capsys.readouterr().out.splitlines()
    labels = [line[2:15].strip() for line in first[2:]]
    assert [label for label in labels if label != "note"] == [  # of other processes, if any
        "score", "total", "phases", "throughput", "memory", "machine", "cost", "record",
    ]  # fmt: skip
    assert run(folder, *TINY) == 0
    again = capsys.readouterr().out.splitlines()
    assert again[2].startswith("  in the store  since ")
    assert again[3:] == first[2:]


@pytest.mark.parametrize(
    ("tracking", "left"),
    [
        ("none", ""),
        ("wandb_offline", "runs/*/*/wandb/offline-run-*"),
        ("tensorboard", "tensorboard/single/torch-*"),
    ],
)
def test_a_run_leaves_the_copy_that_is_asked_for(folder: Path, tracking: str, left: str) -> None:
    assert run(folder, *TINY, f"tracking={tracking}") == 0
    found = [*(folder / "store").glob("**/offline-run-*"), *(folder / "store").glob("tensorb*/*/*")]
    assert found == (list((folder / "store").glob(left)) if left else [])
    assert len(found) == (tracking != "none")


def test_a_stored_run_is_held_against_the_target_asked_for_now(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, *TINY, "training.target=0.999") == 0
    assert "99.9 % accuracy was not reached" in capsys.readouterr().out
    assert run(folder, *TINY, "training.target=0.01") == 0
    told = capsys.readouterr().out
    assert "  in the store  since " in told
    assert "  target        1 % accuracy after " in told
    assert run(folder, *TINY) == 0
    assert "  target " not in capsys.readouterr().out


def test_a_failed_run_is_said_kept_and_tried_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flag = folder / "flag"
    flag.touch()
    fault = ["model.options.fault=raise", f"model.options.while_exists={flag}"]
    assert run(folder, *FRAGILE, *fault) == 1
    assert "  FAILED        RuntimeError: planted" in capsys.readouterr().out
    flag.unlink()
    assert run(folder, *FRAGILE, *fault) == 0


def test_an_interrupted_run_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, *FRAGILE, "model.options.fault=kill") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "the run was interrupted: torch-mlp-digits-s0-" in err
