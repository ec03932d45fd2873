"""Warm servers as the driver sees them."""

from pathlib import Path

import pytest

from fwexp.launch import local
from fwexp.launch.local import ServerDied, WarmServer, WarmServers


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WarmServer:
    """A server whose framework cannot be imported."""
    (tmp_path / "torch.py").write_text("raise ImportError('libfake.so: cannot open')\n")
    monkeypatch.setattr(local.sys, "path", [str(tmp_path), *local.sys.path])
    return WarmServer("torch", log=tmp_path / "logs" / "server.log")


def test_a_server_that_cannot_import_its_framework_says_why_and_where(broken: WarmServer) -> None:
    with pytest.raises(ServerDied) as raised:
        broken.wait_ready()
    assert str(raised.value) == (
        "the torch server died: ImportError: libfake.so: cannot open; "
        f"the whole of it is in {broken.log}"
    )


def test_a_task_for_it_says_so_too(broken: WarmServer, tmp_path: Path) -> None:
    with pytest.raises(ServerDied):
        broken.perform("run", {}, log=tmp_path / "log.txt", hear=lambda _: None)


def test_an_earlier_servers_last_words_are_not_taken_for_this_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local.sys, "executable", "/bin/false")
    server = WarmServer("torch", log=tmp_path / "server.log")
    server.log.write_text("ImportError: of yesterday\n")
    with pytest.raises(ServerDied, match=r"^the torch server died; the whole of it is in "):
        server.wait_ready()


def test_no_framework_no_server(tmp_path: Path) -> None:
    with WarmServers([], logs=tmp_path / "logs") as servers:
        servers.wait_ready()
    assert list(tmp_path.iterdir()) == []
