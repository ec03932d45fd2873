"""Whole commands as processes: who does a run, what is imported, and who survives whom."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proc import children, is_running, wait_until
from tests.tiny import FRAGILE, ROOT

HEAVY = ("torch", "tensorflow", "keras", "pytorch_lightning", "lightning", "wandb")
IMPORTS = """
import json, sys
from fwexp.cli import main
try:
    main(sys.argv[2:])
except SystemExit as end:
    found = [name for name in json.loads(sys.argv[1]) if name in sys.modules]
    print("imported:", found, "code:", end.code, file=sys.stderr)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sweeps").mkdir()
    return tmp_path


def write_sweep(folder: Path, *overrides: str, seeds: int) -> None:
    lines = "".join(f"  - {override}\n" for override in [*FRAGILE, *overrides])
    matrix = f"  framework: [torch]\n  seed: {list(range(seeds))}\n"
    text = f"# fwexp sweep mine\ntitle: Mine\nmatrix:\n{matrix}overrides:\n{lines}"
    (folder / "sweeps" / "mine.yaml").write_text(text)


def start(folder: Path, *line: str) -> subprocess.Popen[str]:
    """A command in a group of its own, as a shell starts it."""
    return subprocess.Popen(
        [sys.executable, *(line or ("-m", "fwexp", "sweep", "mine"))],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_run(driver: subprocess.Popen[str]) -> list[int]:
    """The processes below a driver once a run is under way: its server and the run."""
    wait_until(lambda: [r for s in children(driver.pid) for r in children(s)], what="a run")
    servers = children(driver.pid)
    return [*servers, *(run for server in servers for run in children(server))]


@pytest.mark.slow
def test_two_drivers_at_once_do_each_run_once(folder: Path) -> None:
    note = folder / "note"
    write_sweep(folder, f"model.options.note={note}", "training.num_steps=200", seeds=4)
    drivers = [start(folder), start(folder)]
    ends = [driver.communicate(timeout=120) for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0], ends
    assert note.read_text() == "built\n" * 4
    assert len(list(folder.glob("store/runs/*/*/record.json"))) == 4
    for out, _ in ends:
        assert "page: " in out
    imported = start(folder, "-c", IMPORTS, json.dumps(HEAVY), "report", "mine")
    assert imported.communicate(timeout=60)[1].splitlines()[-1] == "imported: [] code: 0"


def test_a_dry_run_imports_nothing_heavy(folder: Path) -> None:
    done = start(folder, "-c", IMPORTS, json.dumps(HEAVY), "sweep", "demo", "--dry-run")
    out, err = done.communicate(timeout=60)
    assert err.splitlines() == ["imported: [] code: 0"]
    assert ": 20 runs, 20 to do\n" in out
    assert list(folder.iterdir()) == [folder / "sweeps"]


def test_no_process_survives_a_driver_that_is_killed(folder: Path) -> None:
    write_sweep(folder, "training.num_steps=1000000", seeds=1)
    driver = start(folder)
    below = wait_for_run(driver)
    assert len(below) == 2
    driver.kill()
    driver.communicate()
    wait_until(lambda: not any(map(is_running, below)), what="the end of server and run")
    assert list(folder.glob("store/runs/*/*/record.json")) == []


def test_ctrl_c_ends_all_and_leaves_no_record(folder: Path) -> None:
    write_sweep(folder, "training.num_steps=1000000", seeds=1)
    driver = start(folder)
    below = wait_for_run(driver)
    os.killpg(driver.pid, signal.SIGINT)
    _, err = driver.communicate(timeout=30)
    assert driver.returncode == 130
    assert err.splitlines()[-1] == "fwexp: interrupted"
    assert "Traceback" not in err
    assert not any(map(is_running, below))
    assert list(folder.glob("store/runs/*/*/record.json")) == []


def test_ctrl_c_while_importing_ends_all(folder: Path) -> None:
    write_sweep(folder, seeds=1)
    driver = start(folder)
    wait_until(lambda: children(driver.pid), what="a server")
    below = children(driver.pid)
    os.killpg(driver.pid, signal.SIGINT)
    _, err = driver.communicate(timeout=30)
    assert (driver.returncode, err.splitlines()[-1]) == (130, "fwexp: interrupted")
    wait_until(lambda: not any(map(is_running, below)), what="the end of the server")
