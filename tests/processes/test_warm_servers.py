"""Warm servers as the driver sees them."""

from pathlib import Path

import pytest

from fwexp.processes import warm_servers as local
from fwexp.processes.warm_servers import ServerDied, WarmServer, WarmServers


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WarmServer:
    """A server whose framework cannot be imported."""
    (tmp_path / "broken.py").write_text("raise ImportError('libfake.so: cannot open')\n")
    monkeypatch.setattr(local.sys, "path", [str(tmp_path), *local.sys.path])
    return WarmServer("torch", ["broken"], log=tmp_path / "logs" / "server.log")


def test_a_server_that_cannot_import_its_framework_says_why_and_where(broken: WarmServer) -> None:
    with pytest.raises(ServerDied) as raised:
        broken.wait_ready()
    assert str(raised.value) == (
        f"the torch server died: ImportError: libfake.so: cannot open; see {broken.log}"
    )


def test_a_task_for_it_says_so_too(broken: WarmServer, tmp_path: Path) -> None:
    with pytest.raises(ServerDied):
        broken.call("jobs:run", {}, log=tmp_path / "log.txt", hear=lambda _: None)


def test_an_earlier_servers_last_words_are_not_taken_for_this_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local.sys, "executable", "/bin/false")
    server = WarmServer("torch", [], log=tmp_path / "server.log")
    server.log.write_text("ImportError: of yesterday\n")
    with pytest.raises(ServerDied, match=r"^the torch server died; see "):
        server.wait_ready()


def test_no_framework_no_server(tmp_path: Path) -> None:
    with WarmServers({}, logs=tmp_path / "logs") as servers:
        servers.wait_ready()
    assert list(tmp_path.iterdir()) == []


def test_an_import_is_timed_in_another_process(tmp_path: Path) -> None:
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(0.2)\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local.sys, "path", [str(tmp_path), *local.sys.path])
        server = WarmServer("torch", ["slow_to_import"], log=tmp_path / "logs" / "server.log")
        try:
            server.wait_ready()
            seconds = [server.time_import() for _ in range(2)]
        finally:
            server.close()
    assert all(s >= 0.2 for s in (server.import_s, *seconds))
    assert len({server.import_s, *seconds}) == 3
    assert list((tmp_path / "logs").iterdir()) == []


def test_imports_come_one_after_another(tmp_path: Path) -> None:
    """Beside another, an import would take longer than it takes."""
    (tmp_path / "noted.py").write_text(
        "import pathlib, time\n"
        "note = pathlib.Path(__file__).with_name('busy')\n"
        "note.touch(exist_ok=False)\n"
        "time.sleep(0.2)\n"
        "note.unlink()\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local.sys, "path", [str(tmp_path), *local.sys.path])
        with WarmServers({"torch": ["noted"], "tf": ["noted"]}, logs=tmp_path / "logs") as servers:
            servers.wait_ready()
