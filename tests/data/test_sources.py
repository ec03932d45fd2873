"""Each kind of source, with a loopback server and a stand-in for npm at the process's edge."""

import hashlib
import stat
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from fwexp.config.schema import Source
from fwexp.data.dataset import load
from fwexp.data.preparation import prepare
from fwexp.data.reading import unpack
from fwexp.data.sources import url
from fwexp.data.sources.progress import ProgressLines
from fwexp.data.sources.registry import origins
from fwexp.errors import DataError


class QuietHandler(SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        super().do_GET()

    def log_message(self, format, *args):
        del format, args  # nothing on the test's stderr


@pytest.fixture
def server(tmp_path):
    """Serves tmp_path/served over loopback; `asked` lists what was asked for."""
    folder = tmp_path / "served"
    folder.mkdir()
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    http.asked = []
    http.folder = folder
    http.url = f"http://127.0.0.1:{http.server_port}/"
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield http
    http.shutdown()
    thread.join()
    http.server_close()


def md5(content):
    return f"md5:{hashlib.md5(content).hexdigest()}"


@pytest.fixture
def original(server, grey, idx_files, put, declare):
    """A set whose only source is the server."""
    files = idx_files(grey)
    put(server.folder, files)
    checksums = {name: md5(content) for name, content in files.items()}
    source = Source(kind="url", base_url=server.url, files=checksums)
    return declare(grey, sources=[source])


def test_a_url_is_downloaded_once_with_its_progress_in_lines(original, server, cache_folder):
    said = []
    assert prepare(original, say=said.append).source == f"url {server.url}"
    assert len(server.asked) == 4
    assert "  train-images-idx3-ubyte.gz: 0.0 of 0.0 MB" in said
    for file in cache_folder.glob("small-*"):
        file.unlink()
    prepare(original, say=said.append)
    assert len(server.asked) == 4  # the downloads were kept
    assert load(original).source == f"url {server.url}"


def test_an_archive_is_unpacked(server, grey, idx_files, declare, tarball):
    archive = tarball(idx_files(grey), directory="inner/deep")
    (server.folder / "set.tar.gz").write_bytes(archive)
    source = Source(
        kind="url", base_url=server.url, files={"set.tar.gz": md5(archive)}, directory="inner/deep"
    )
    data = declare(grey, sources=[source])
    assert prepare(data, say=[].append).source == f"url {server.url}"


def test_a_wrong_checksum_is_never_used(original, server):
    (server.folder / "t10k-labels-idx1-ubyte.gz").write_bytes(b"a captive portal's page")
    checksum = original.sources[0].files["t10k-labels-idx1-ubyte.gz"]
    with pytest.raises(DataError) as caught:
        prepare(original, say=[].append)
    assert (
        f"  url {server.url}: t10k-labels-idx1-ubyte.gz could not be downloaded: "
        f"its checksum is not {checksum}\n" in str(caught.value)
    )


def test_a_file_the_server_does_not_have(original, server):
    (server.folder / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz could .*: 404 Client Error"):
        prepare(original, say=[].append)


def test_a_server_that_is_not_there(original):
    original.sources[0].base_url = "http://127.0.0.1:9/"
    with pytest.raises(DataError) as caught:
        prepare(original, say=[].append)
    assert str(caught.value) == (
        "data=small: no source of this data set is usable here\n"
        "  url http://127.0.0.1:9/: train-images-idx3-ubyte.gz could not be downloaded: "
        "no connection\n"
        "type one of these instead:\n"
        "  the same command again where http://127.0.0.1:9/ can be reached\n"
        "  data.path=/a/folder/that/holds/the/original/files"
    )


def test_a_server_that_does_not_answer_is_left(original, monkeypatch):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(url, "_TIMEOUT_S", 0.1)
        original.sources[0].base_url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(DataError, match=r"no response within 0\.1 s"):
            prepare(original, say=[].append)


def test_progress_is_a_line_each_tenth():
    said = []
    lines = ProgressLines("big.tar.gz", say=said.append)
    lines.total = 100_000_000
    for _ in range(1600):
        lines.update(1 << 16)
    lines.reset()
    lines.update(lines.total)
    assert len(said) == 10
    assert said[0] == "  big.tar.gz: 10.0 of 100.0 MB"
    assert said[-1] == "  big.tar.gz: 100.0 of 100.0 MB"


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Puts a stand-in for npm, whose body is Python, alone on the PATH."""

    def _npm(body):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "npm").write_text(f"#!{sys.executable}\nimport sys, pathlib\n{body}\n")
        (folder / "npm").chmod(stat.S_IRWXU)
        monkeypatch.setenv("PATH", str(folder))

    return _npm


@pytest.fixture
def packaged(grey, declare):
    source = Source(kind="npm", package="small-data", version="1.2.3", directory="package/data")
    return declare(grey, sources=[source])


def test_an_npm_package_is_packed_opened_and_left(
    packaged, grey, idx_files, tarball, tmp_path, npm
):
    archive = tmp_path / "archive"
    archive.write_bytes(tarball(idx_files(grey, gz=False), directory="package/data"))
    npm(
        f"pathlib.Path({str(tmp_path / 'asked')!r}).write_text(' '.join(sys.argv[1:4]))\n"
        f"into = pathlib.Path(sys.argv[sys.argv.index('--pack-destination') + 1])\n"
        f"(into / 'small-data-1.2.3.tgz').write_bytes(pathlib.Path({str(archive)!r}).read_bytes())"
    )
    assert prepare(packaged, say=[].append).source == "npm package small-data@1.2.3"
    assert (tmp_path / "asked").read_text() == "pack small-data@1.2.3 --ignore-scripts"


def test_npm_that_is_not_installed(packaged, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError) as caught:
        prepare(packaged, say=[].append)
    assert str(caught.value) == (
        "data=small: no source of this data set is usable here\n"
        "  npm package small-data@1.2.3: npm is not on the PATH\n"
        "type one of these instead:\n"
        "  sudo apt-get install npm\n"
        "  data.path=/a/folder/that/holds/the/original/files"
    )


def test_npm_that_fails_is_quoted(packaged, npm):
    npm("print('npm error code E404\\nnpm error 404 Not Found', file=sys.stderr); sys.exit(1)")
    with pytest.raises(DataError) as caught:
        prepare(packaged, say=[].append)
    assert "npm pack small-data@1.2.3 failed: code E404; 404 Not Found\n" in str(caught.value)


def test_a_truncated_archive_is_named(packaged, grey, idx_files, tarball, tmp_path, npm):
    whole = tarball(idx_files(grey, gz=False), directory="package/data")
    (tmp_path / "archive").write_bytes(whole[: len(whole) // 2])
    npm(
        "into = pathlib.Path(sys.argv[sys.argv.index('--pack-destination') + 1])\n"
        f"(into / 'a.tgz').write_bytes(pathlib.Path({str(tmp_path / 'archive')!r}).read_bytes())"
    )
    with pytest.raises(DataError, match=r"/a\.tgz cannot be unpacked .*\nit came from npm package"):
        prepare(packaged, say=[].append)


def test_only_the_named_directory_of_an_archive_is_unpacked(tarball, tmp_path):
    archive = tmp_path / "a.tgz"
    archive.write_bytes(tarball({"inside": b"x", "deeper/other": b"y"}, directory="package"))
    into = tmp_path / "into"
    into.mkdir()
    unpack(archive, directory="package", into=into)
    assert [path.name for path in into.rglob("*")] == ["inside"]


def test_nothing_of_an_archive_is_written_outside(tarball, tmp_path):
    archive = tmp_path / "a.tgz"
    archive.write_bytes(tarball({"outside": b"x"}, directory="../.."))
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    unpack(archive, directory="../..", into=into)
    assert list(tmp_path.rglob("outside")) == [into / "outside"]


def test_an_unknown_kind_lists_the_options(grey, declare):
    with pytest.raises(DataError) as caught:
        origins(declare(grey, sources=[Source(kind="nmp")]))
    assert str(caught.value) == (
        "data=small: sources[0].kind=nmp: there is no such kind. Did you mean 'npm'?"
    )


def test_a_source_without_its_fields_names_them(grey, declare):
    with pytest.raises(DataError) as caught:
        origins(declare(grey, sources=[Source(kind="url", directory="x")]))
    assert str(caught.value) == (
        "data=small: sources[0]: a source of kind url needs base_url, files"
    )
