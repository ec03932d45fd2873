"""`fwexp report`: what it writes and prints."""

import subprocess
import sys
from pathlib import Path

import pytest

from fwexp.commands.report import command
from fwexp.errors import StoreError
from tests.evidence.factory import Truth, simulate
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
