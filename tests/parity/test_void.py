"""A difference between the implementations leaves no comparison, whatever a sweep is named."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fwexp.store.store import Store
from tests.prove.parity import TRAPS
from tests.prove.planting import plant, planted
from tests.prove.traps import ROOT, copy_project

SWEEP = """\
# fwexp sweep small
title: "Whether anything may be compared"
matrix:
  framework: [torch, tf]
  seed: [0, 1]
overrides: [data=digits, model=cnn, hardware.num_threads=1, tracking=none]
"""
MINE = """\
# a model of mine
name: mine
implementation: mymodels.mine
"""


def fwexp(*argv: str, cwd: Path, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fwexp", *argv],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(path), "COLUMNS": "100"},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("copy") / "project")


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.what)
def test_every_trap_can_still_be_planted(trap, copy: Path):
    with planted(trap, copy) as file:
        after = file.read_text()
    before = (ROOT / file.relative_to(copy)).read_text()
    assert after != before
    compile(after, str(file), "exec")
    assert file.read_text() == before


def test_a_trap_in_a_runs_own_file_voids_the_sweep(project: Path):
    (trap,) = [trap for trap in TRAPS if (trap.stage, trap.framework) == ("statistics", "tf")]
    plant(trap, project)
    (project / "sweeps" / "small.yaml").write_text(SWEEP)
    done = fwexp("sweep", "small", cwd=project, path=project)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "4 of 4 runs were not run: their comparison is void" in done.stderr
    store = Store(project / "store")
    made, _ = store.read_certificates(store.read_manifest("small").certificates)
    (certificate,) = made.values()
    stage = next(stage for stage in certificate.stages if not stage.passed)
    assert stage.name == "statistics"
    assert [*(project / "store").glob("runs/*/*/record.json")] == []
    for page in ("page.html", "page.md"):
        (text,) = (p.read_text() for p in (project / "store").rglob(page))
        assert "void" in text
        assert f"statistics differs at {stage.where}" in text


def test_a_users_package_outside_of_fwexp(project: Path, tmp_path: Path):
    """Named in a YAML of the user's own folder; fwexp is not touched."""
    home = tmp_path / "home"
    mine = Path(__file__).parent / "mine"
    shutil.copytree(mine, home / "mymodels" / "mine", ignore=shutil.ignore_patterns("__pycache__"))
    (home / "conf" / "model").mkdir(parents=True)
    (home / "conf" / "model" / "mine.yaml").write_text(MINE)
    chosen = ["data=digits", "model=mine", "hardware.num_threads=1", "--config-dir=conf"]
    done = fwexp("parity", *chosen, cwd=home, path=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "parity of mine × adam × digits: passed, 14 stages" in done.stdout
