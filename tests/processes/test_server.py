"""What a warm server gives each run: a clean process, a log, and an end with its server."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fwexp.processes.messages import Call, Progress, encode
from tests.proc import is_running, kill, wait_until
from tests.tiny import ROOT

STAND_IN = """
import os, sys, types
from fwexp.processes import server, messages as task
jobs = types.ModuleType("jobs")
def talk(arguments, extra, tell):
    print("to the log", flush=True)
    tell({"event": "said", "pid": os.getpid(), "extra": sorted(extra)})
def fail(arguments, extra, tell):
    raise ValueError("planted")
def sleep(arguments, extra, tell):
    import time
    tell({"event": "asleep", "pid": os.getpid()})
    time.sleep(600)
def chatter(arguments, extra, tell):
    import time
    tell({"event": "asleep", "pid": os.getpid()})
    try:
        for _ in range(6000):
            time.sleep(0.01)
            tell({"event": "said"})
    except BaseException as error:
        open(arguments["to"], "w").write(repr(error))
def stop(arguments, extra, tell):
    raise task.Interrupted("stopped after step 3")
def look(arguments, extra, tell):
    import signal
    tell({"event": "saw", "pending": sorted(map(int, signal.sigpending()))})
jobs.__dict__.update(talk=talk, fail=fail, sleep=sleep, chatter=chatter, stop=stop, look=look)
sys.modules["jobs"] = jobs
server.serve(["json.decoder"], driver=os.getppid())
"""


class Server:
    """A server whose framework is a module of no weight, and whose jobs are the test's."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log.txt"
        self.pids: set[int] = set()
        self.process = subprocess.Popen(
            [sys.executable, "-c", STAND_IN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.hear()["event"] == "ready"

    def ask(self, job: str, **arguments: Any) -> None:
        assert self.process.stdin is not None
        task = Call(
            function=f"jobs:{job}", arguments=arguments, log=str(self.log), dispatched_at=0.0
        )
        self.process.stdin.write(encode(vars(task)))
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        event = dict(json.loads(self.process.stdout.readline()))
        self.pids |= {event["pid"]} if "pid" in event else set()
        return event

    def end(self) -> None:
        """Leave nothing behind, whatever has gone wrong."""
        kill({self.process.pid, *self.pids})
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Any:
    server = Server(tmp_path)
    yield server
    server.end()


def test_every_task_has_a_process_of_its_own_and_a_log(server: Server) -> None:
    said = []
    for _ in range(2):
        server.ask("talk")
        said.append(server.hear())
        assert server.hear() == {"event": "ended", "code": 0}
    assert said[0]["extra"] == ["dispatched_at", "import_rss_mib", "import_s"]
    assert said[0]["pid"] != said[1]["pid"]
    assert server.process.pid not in (said[0]["pid"], said[1]["pid"])
    assert server.log.read_text() == "to the log\n" * 2


def test_a_task_that_raises_leaves_its_traceback_and_its_server(server: Server) -> None:
    server.ask("fail")
    assert server.hear() == {"event": "ended", "code": 1}
    assert server.log.read_text().endswith("ValueError: planted\n")
    server.ask("talk")
    assert server.hear()["event"] == "said"


def test_a_killed_task_is_told_by_its_signal(server: Server) -> None:
    server.ask("sleep")
    os.kill(server.hear()["pid"], signal.SIGKILL)
    assert server.hear() == {"event": "ended", "code": -signal.SIGKILL}


def test_a_run_that_is_to_go_on_later_ends_with_an_exit_code_of_its_own(server: Server) -> None:
    server.ask("stop")
    assert server.hear() == {"event": "ended", "code": 75}
    assert server.log.read_text() == "stopped after step 3\n"


def test_a_signal_that_asks_to_stop_ends_no_server_and_waits_for_its_task(server: Server) -> None:
    stops = [signal.SIGUSR2, signal.SIGTERM]
    for number in stops:
        server.process.send_signal(number)
    server.ask("look")
    assert server.hear() == {"event": "saw", "pending": stops}
    assert server.hear() == {"event": "ended", "code": 0}


def test_a_task_is_not_ended_by_a_signal_that_asks_to_stop(server: Server) -> None:
    server.ask("chatter", to="/dev/null")
    pid = server.hear()["pid"]
    for number in (signal.SIGUSR2, signal.SIGTERM):
        os.kill(pid, number)
    assert {server.hear()["event"] for _ in range(20)} == {"said"}


def test_a_task_dies_with_its_server(server: Server) -> None:
    server.ask("sleep")
    pid = server.hear()["pid"]
    server.process.kill()
    wait_until(lambda: not is_running(pid), what="the end of the task")


def test_a_task_whose_driver_is_gone_ends_without_a_failure(server: Server, tmp_path: Path) -> None:
    server.ask("chatter", to=str(tmp_path / "raised"))
    pid = server.hear()["pid"]
    assert server.process.stdout is not None
    server.process.stdout.close()
    wait_until(lambda: not is_running(pid), what="the end of the task")
    assert not (tmp_path / "raised").exists()


def test_a_server_dies_with_its_driver() -> None:
    code = (
        "import subprocess, sys, time\n"
        f"server = subprocess.Popen([sys.executable, '-c', {STAND_IN!r}],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "server.stdout.readline()\n"
        "print(server.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    driver = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert driver.stdout is not None
    pid = int(driver.stdout.readline())
    assert is_running(pid)
    driver.kill()
    driver.communicate()
    wait_until(lambda: not is_running(pid), what="the end of the task")


def test_a_server_whose_driver_is_dead_already_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fwexp.processes.server", str(os.getpid() + 1), "json"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_progress_is_told_at_most_five_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("fwexp.processes.messages.time.monotonic", lambda: now[0])
    told: list[int] = []
    progress = Progress(lambda event: told.append(event["step"]), num_steps=100)
    for step in range(1, 101):
        progress.step(step)
        now[0] += 0.0625
    assert told == [1, *range(5, 101, 4)]
