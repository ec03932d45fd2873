"""A run's processes on one node: what comes back, and how they end together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fwexp.runs.nodes import Node
from fwexp.runs.ranks import RankFailed, run_in_ranks, variables
from fwexp.store.record import Memory, in_all
from tests.proc import children, is_running, wait_until
from tests.tiny import ROOT, tiny_config

PAIR = tiny_config("hardware.devices=2")
HERE = Node(index=0, address="127.0.0.1", port=29_000)
FOREVER_S = 300


def is_first() -> bool:
    return os.environ["RANK"] == "0"


def test_each_rank_knows_its_place() -> None:
    config = tiny_config("hardware.devices=2", "hardware.nodes=3", "training.batch_size=6")
    found = variables(config, Node(index=2, address="node3", port=5), local_rank=1)
    assert found == {
        **{"RANK": "5", "WORLD_SIZE": "6", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"},
        **{"GROUP_RANK": "2", "GROUP_WORLD_SIZE": "3"},
        **{"MASTER_ADDR": "node3", "MASTER_PORT": "5", "OMP_NUM_THREADS": "1"},
    }
    assert variables(PAIR, HERE, local_rank=0)["GLOO_SOCKET_IFNAME"] == "lo"


def test_what_they_return_comes_in_their_order() -> None:
    found = run_in_ranks(PAIR, HERE, lambda others: (os.environ["RANK"], os.getpid(), others))
    (first, _, known), (second, pid, unknown) = found
    assert (first, second) == ("0", "1")
    assert (known, unknown) == ([pid], [])
    assert "RANK" not in os.environ


def test_a_rank_that_dies_ends_those_that_wait() -> None:
    def work(_: list[int]) -> None:
        if is_first():
            time.sleep(FOREVER_S)
        os.kill(os.getpid(), signal.SIGKILL)

    before = children(os.getpid())  # the warm servers, where other tests have used them
    with pytest.raises(RankFailed) as raised:
        run_in_ranks(PAIR, HERE, work)
    assert str(raised.value) == (
        "rank 1 of 2: its process was killed by SIGKILL; the others were ended with it"
    )
    assert children(os.getpid()) == before


def test_what_a_rank_raises_is_told_and_not_what_others_felt(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def work(others: list[int]) -> None:
        if is_first():
            wait_until(lambda: not any(map(is_running, others)), what="the other's end")
            raise ConnectionError("lost a peer")
        raise ValueError("no such label")

    with pytest.raises(RankFailed) as raised:
        run_in_ranks(PAIR, HERE, work)
    assert str(raised.value) == "rank 1 of 2: ValueError: no such label"
    assert "in work" in capfd.readouterr().err  # the traceback, in the run's log


SIGNALLED = """
import os, signal, time
from fwexp.processes.messages import STOPS, Interrupted
from tests.runs import test_ranks as t

def work(others):
    if not others:
        time.sleep(t.FOREVER_S)
    os.kill(os.getppid(), signal.SIGTERM)
    t.wait_until(lambda: STOPS & signal.sigpending(), what="the signal")
    raise Interrupted("stopped after step 3")

signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
try:
    t.run_in_ranks(t.PAIR, t.HERE, work)
except Interrupted as stop:
    print(stop, t.children(os.getpid()))
"""


def test_a_signal_is_the_first_ranks_to_answer() -> None:
    """In a process of its own: a thread that pytest may have blocks no signal."""
    command = [sys.executable, "-c", SIGNALLED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "stopped after step 3 []\n"), done.stderr


def test_they_die_with_the_process_that_started_them(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from tests.runs import test_ranks as t\n"
        "def work(others):\n"
        "    Path(sys.argv[1], str(t.os.getpid())).touch(); time.sleep(t.FOREVER_S)\n"
        "t.run_in_ranks(t.PAIR, t.HERE, work)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT) as driver:
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2, what="both ranks")
        driver.kill()
    ranks = [int(path.name) for path in tmp_path.iterdir()]
    wait_until(lambda: not any(map(is_running, ranks)), what="the ranks' end")


def test_the_memory_of_all_ranks_counts_the_imports_once() -> None:
    one = Memory(import_rss_mib=400.0, data_peak_mib=1.0, build_peak_mib=2.0, train_peak_mib=3.0)
    assert in_all([one, one]) == Memory(
        import_rss_mib=400.0, data_peak_mib=2.0, build_peak_mib=4.0, train_peak_mib=6.0
    )
