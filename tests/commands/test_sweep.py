"""The sweep commands, with runs from the session's warm servers."""

import json
from pathlib import Path

import pytest

from fwexp.commands.sweep import command, run_matrix
from fwexp.errors import ConfigError, LaterVersionError, StoreError
from fwexp.launch import drive
from fwexp.store.migrations import SCHEMA
from tests.tiny import FRAGILE, TINY, SharedServers
from tests.tracking.wandb_files import read_offline_run

SWEEP = """\
# fwexp sweep mine
title: Mine
matrix:
  framework: [torch]
  seed: [0, 1]
overrides: [{overrides}]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drive, "framework_servers", SharedServers)
    (tmp_path / "sweeps").mkdir()
    write_sweep(tmp_path, *TINY)
    return tmp_path


def write_sweep(folder: Path, *overrides: str) -> None:
    """Its store by its whole path: the session's servers work in another folder."""
    text = SWEEP.format(overrides=", ".join([*overrides, f"store={folder / 'store'}"]))
    (folder / "sweeps" / "mine.yaml").write_text(text)


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_dry_run_says_what_would_run_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(folder)
    assert command(["mine", "--dry-run"]) == 0
    out, err = capsys.readouterr()
    first, *lines = out.splitlines()
    assert first.startswith("sweep mine on ")
    assert first.endswith(": 2 runs, 2 to do")
    assert [line[:31] for line in lines[-2:]] == [
        "  block 1: torch-mlp-digits-s0-",
        "  block 2: torch-mlp-digits-s1-",
    ]
    assert err == ""
    assert everything(folder) == before


def test_a_dry_run_refuses_what_the_sweep_would() -> None:
    with pytest.raises(StoreError, match=r"^store=sweeps/mine\.yaml: cannot write there"):
        command(["mine", "--dry-run", "store=sweeps/mine.yaml"])


def test_a_sweep_runs_and_then_has_nothing_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(["mine"]) == 0
    assert (folder / "store" / "sweeps" / "mine" / "page.html").is_file()
    records = {path: path.stat().st_mtime_ns for path in folder.glob("store/runs/*/*/record.json")}
    assert len(records) == 2
    capsys.readouterr()
    assert command(["mine"]) == 0
    assert "2 of 2 runs are in the store already" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in records} == records
    assert command(["mine", "--dry-run", "seed=1,2"]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith(": 2 runs, 1 to do")


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("runs/*/*/record.json", ["--dry-run"]),
        ("runs/*/*/record.json", ["seed=0,1,2"]),
        ("runs/*/*/record.json", ["--retry"]),
        ("sweeps/mine/manifest.json", ["--retry"]),
    ],
)
def test_what_a_later_version_wrote_is_neither_done_again_nor_overwritten(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, typed: list[str]
) -> None:
    assert command(["mine"]) == 0
    file = next(folder.glob(f"store/{kind}"))
    file.write_text(json.dumps(json.loads(file.read_text()) | {"schema": SCHEMA + 1}))
    later, before = file.read_bytes(), everything(folder)
    monkeypatch.setattr(drive, "framework_servers", None)  # nothing is started
    with pytest.raises(LaterVersionError) as raised:
        command(["mine", *typed])
    assert str(raised.value) == (
        f"{file}: written by a later version of fwexp (its schema is {SCHEMA + 1}, this one's "
        f"{SCHEMA}); upgrade fwexp, or use another store"
    )
    assert (file.read_bytes(), everything(folder)) == (later, before)


def test_a_failed_run_makes_exit_code_1_and_says_how_to_retry(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flag = folder / "flag"
    flag.touch()
    fault = ["model.options.fault=raise", f"model.options.while_exists={flag}"]
    write_sweep(folder, *FRAGILE, *fault)
    words = "2 of 2 runs failed; type the command with --retry to run them again\n"
    for _ in range(2):
        assert command(["mine"]) == 1
        assert capsys.readouterr().err.endswith(words)
    flag.unlink()
    assert command(["mine", "--retry"]) == 0


def test_overrides_make_another_sweep_of_the_same_runs(folder: Path) -> None:
    assert command(["mine"]) == 0
    assert command(["mine", "tracking=none", "launcher=local"]) == 0
    assert command(["mine", "comparison.ratio_margin=1.5"]) == 0
    names = sorted(path.name for path in folder.glob("store/sweeps/*"))
    assert names[0] == "mine"
    assert len(names) == 2
    assert names[1].startswith("mine-")
    assert len(list(folder.glob("store/runs/*/*"))) == 2


def test_a_sweep_leaves_copies_of_its_runs_and_of_itself(folder: Path) -> None:
    assert command(["mine", "tracking=wandb_offline"]) == 0
    copies = {path.parents[1] for path in folder.glob("store/*/*/**/wandb/offline-run-*")}
    assert copies == {*folder.glob("store/runs/*/*"), folder / "store" / "sweeps" / "mine"}


def test_every_run_leaves_one_copy_with_the_same_keys_whatever_ran_it(folder: Path) -> None:
    axes = ["framework=torch,tf", "hardware.devices=1,2", "seed=0"]
    line = [*axes, f"store={folder / 'store'}", *TINY, "tracking=wandb_offline"]
    assert run_matrix(line, []) == 0
    copies = [read_offline_run(run) for run in folder.glob("store/runs/*/*")]
    assert len(copies) == 4
    for kind in ("config", "summary", "axes"):
        assert len({json.dumps(sorted(copy[kind])) for copy in copies}) == 1
    assert len({json.dumps([sorted(row) for row in copy["rows"]]) for copy in copies}) == 1
    assert len(copies[0]["rows"]) == 7  # the evaluation before the first of 6 steps, too


def test_a_matrix_from_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["framework=torch", "seed=range(2)", f"store={folder / 'store'}", *TINY]
    assert run_matrix(line, []) == 0
    ids = sorted(path.parent.name for path in folder.glob("store/runs/*/*/record.json"))
    assert [name[:20] for name in ids] == ["torch-mlp-digits-s0-", "torch-mlp-digits-s1-"]
    assert "page: " in capsys.readouterr().out


def test_a_matrix_typed_again_tries_again_what_failed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flag = folder / "flag"
    flag.touch()
    fault = ["model.options.fault=raise", f"model.options.while_exists={flag}"]
    line = ["framework=torch", "seed=0", f"store={folder / 'store'}", *FRAGILE, *fault]
    assert run_matrix(line, []) == 1
    words = "1 of 1 runs failed; type the command again to run them again\n"
    assert capsys.readouterr().err.endswith(words)
    flag.unlink()
    assert run_matrix(line, []) == 0


def test_mistakes_in_the_file_and_on_the_line_are_told_by_their_place(folder: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        command(["mine", "modle=cnn"])
    assert raised.value.problems == [
        "modle=cnn: there is no config group or key 'modle'. Did you mean 'model'?"
    ]
    write_sweep(folder, "modle=cnn")
    with pytest.raises(ConfigError) as raised:
        command(["mine"])
    assert raised.value.problems == [
        "sweeps/mine.yaml: modle=cnn: there is no config group or key 'modle'. "
        "Did you mean 'model'?"
    ]
