"""Locks between processes."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fwexp.config.schema import Hardware
from fwexp.processes.locks import device_lock, hold
from fwexp.processes.messages import Interrupted

CPU, GPU = (Hardware(name=name, devices=1, nodes=1) for name in ("cpu", "gpu"))

HOLDER = """
import sys, time
from pathlib import Path
from fwexp.processes.locks import hold
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
    before = device_lock(CPU)
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/elsewhere")
    assert device_lock(CPU) == before
    assert device_lock(GPU) != before
    monkeypatch.setenv("FWEXP_LOCKS", "/elsewhere")
    assert device_lock(CPU).parent == Path("/elsewhere")


def test_all_cores_have_the_plain_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FWEXP_LOCKS")
    monkeypatch.setattr(os, "cpu_count", lambda: len(os.sched_getaffinity(0)))
    assert device_lock(CPU) == Path(f"/tmp/fwexp-{os.getuid()}-cpu.lock")


def test_who_was_given_other_devices_has_another_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    found = set()
    for cores in ({0, 1}, {2, 3}, {0, 1}):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: cores)
        found.add(device_lock(CPU))
    for name, given in (("CUDA_VISIBLE_DEVICES", "0"), ("FWEXP_GPUS", "3")):
        monkeypatch.setenv(name, given)
        found.add(device_lock(GPU))
    assert len(found) == 4


def test_the_parts_of_a_run_on_two_nodes_do_not_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = Hardware(name="cpu", devices=1, nodes=2)
    monkeypatch.setenv("FWEXP_NODE", "nodeA")
    first, alone = device_lock(both), device_lock(CPU)
    monkeypatch.setenv("FWEXP_NODE", "nodeB")
    assert device_lock(both) != first
    assert device_lock(CPU) == alone


def test_who_waits_for_a_lock_hears_that_it_is_to_stop(tmp_path: Path) -> None:
    told: list[str] = []
    with (
        hold(tmp_path / "lock"),
        pytest.raises(Interrupted, match="while waiting for"),
        hold(tmp_path / "lock", on_wait=lambda: told.append("waits"), stop=lambda: bool(told)),
    ):
        pass
    assert told == ["waits"]
