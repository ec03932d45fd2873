"""`fwexp report`: what it writes and prints."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fwexp.commands.report import command
from fwexp.errors import LaterVersionError, StoreError
from fwexp.store.migrations import SCHEMA
from tests.evidence.factory import MACHINE, Truth, simulate
from tests.writeup.stored import save


def test_the_command_writes_and_shows_each_named_sweep(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = simulate({"mlp": Truth()})
    store = save(sweep, tmp_path)
    sweep.manifest.name = "other"
    store.write_manifest(sweep.manifest)
    assert command(["demo", "other", "--store", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    for name in ("demo", "other"):
        page = tmp_path / "sweeps" / name / "page.html"
        assert page.is_file()
        assert f"page: {page}" in printed


def test_what_a_later_version_wrote_is_named_and_the_rest_written(tmp_path: Path) -> None:
    sweep = simulate({"mlp": Truth()})
    store = save(sweep, tmp_path)
    store.write_manifest(replace(sweep.manifest, name="later", schema=SCHEMA + 1))
    run = store.run(MACHINE, "torch-mlp-0")
    run.finish(replace(sweep.records["torch-mlp-0"], schema=SCHEMA + 1))
    with pytest.raises(LaterVersionError) as raised:
        command(["later", "demo", "--store", str(tmp_path)])
    manifest = store.sweep_folder("later") / "manifest.json"
    assert str(raised.value).startswith(f"{manifest}: written by a later version of fwexp (")
    page = (tmp_path / "sweeps" / "demo" / "page.md").read_text()
    assert f"{run.record_file}: written by a later version of fwexp (" in page
    assert "1 record cannot be read" in page


def test_a_record_whose_evaluations_lack_its_metric_is_named(tmp_path: Path) -> None:
    sweep = simulate({"mlp": Truth()})
    store = save(sweep, tmp_path)
    run, record = store.run(MACHINE, "torch-mlp-0"), sweep.records["torch-mlp-0"]
    unscored = [replace(e, scores={"loss": e.scores["loss"]}) for e in record.evaluations]
    run.finish(replace(record, evaluations=unscored))
    assert command(["demo", "--store", str(tmp_path)]) == 0
    page = (tmp_path / "sweeps" / "demo" / "page.md").read_text()
    at = f"its evaluation at step {unscored[0].step} has no accuracy"
    assert f"{run.record_file}: not a run's record ({at})" in page


def test_an_unknown_name_writes_nothing(tmp_path: Path) -> None:
    save(simulate({"mlp": Truth()}), tmp_path)
    with pytest.raises(StoreError, match=r"no sweep 'dmeo' has run.*Did you mean 'demo'"):
        command(["demo", "dmeo", "--store", str(tmp_path)])
    assert not (tmp_path / "sweeps" / "demo" / "page.html").exists()


def test_a_report_imports_no_framework() -> None:
    code = (
        "import sys, fwexp.commands.report\n"
        "heavy = {'torch', 'tensorflow', 'keras', 'pytorch_lightning', 'wandb', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
