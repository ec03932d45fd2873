"""Locks between processes."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fwexp.runs.locks import device_lock, hold

HOLDER = """
import sys, time
from pathlib import Path
from fwexp.runs.locks import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_lock_excludes_others_until_its_process_is_killed(tmp_path: Path) -> None:
    told: list[str] = []
    lock = tmp_path / "folder" / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, lock], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    got = threading.Event()

    def take() -> None:
        with hold(lock, on_wait=lambda: told.append("waits")):
            got.set()

    waiting = threading.Thread(target=take)
    waiting.start()
    assert not got.wait(0.3)
    holder.kill()
    holder.communicate()
    assert got.wait(30)
    waiting.join()
    assert told == ["waits"]


def test_the_lock_is_free_after_the_block(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path / "lock", on_wait=pytest.fail):
            pass


def test_a_devices_lock_is_the_same_in_every_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FWEXP_LOCKS")
    before = device_lock("cpu")
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/elsewhere")
    assert device_lock("cpu") == before == Path(f"/tmp/fwexp-{os.getuid()}-cpu.lock")
    assert device_lock("gpu") != before
    monkeypatch.setenv("FWEXP_LOCKS", "/elsewhere")
    assert device_lock("cpu").parent == Path("/elsewhere")
