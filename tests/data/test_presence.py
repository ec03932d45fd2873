"""What `fwexp doctor` can say of a data set."""

import pytest

from fwexp.config.schema import Source
from fwexp.data.preparation import prepare
from fwexp.data.presence import status


@pytest.fixture
def small(grey, declare, tmp_path):
    sources = [
        Source(kind="system", package="dataset-small", directory=str(tmp_path / "system")),
        Source(kind="npm", package="small-data", version="1.0.0", directory="package"),
    ]
    return declare(grey, sources=sources)


def test_a_set_without_any_source_says_what_to_type(small, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    found = status(small)
    assert found.cached is None
    assert [(label, state.where, state.detail) for label, state in found.sources.items()] == [
        ("system package dataset-small", "missing", f"there is no folder {tmp_path}/system"),
        ("npm package small-data@1.0.0", "missing", "npm is not on the PATH"),
    ]
    assert found.advice == ["sudo apt-get install dataset-small", "sudo apt-get install npm"]


def test_a_set_that_can_be_decoded_needs_no_advice(small, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    (tmp_path / "system").mkdir()
    found = status(small)
    assert found.sources["system package dataset-small"].where == "here"
    assert (found.cached, found.advice) == (None, [])


def test_a_cached_set_tells_its_source_and_needs_no_advice(
    small, grey, idx_files, put, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", "")
    folder = put(tmp_path / "system", idx_files(grey))
    prepare(small, say=[].append)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    found = status(small)
    assert found.cached is not None
    assert found.cached.source == "system package dataset-small"
    assert found.sources["system package dataset-small"].where == "missing"
    assert found.advice == []


def test_a_url_counts_as_here_once_its_files_are_downloaded(grey, declare, cache_folder):
    source = Source(kind="url", base_url="http://127.0.0.1:9/", files={"a.gz": "md5:0"})
    data = declare(grey, sources=[source])
    assert status(data).sources["url http://127.0.0.1:9/"].where == "to download"
    (cache_folder / "downloads" / "small").mkdir(parents=True)
    (cache_folder / "downloads" / "small" / "a.gz").write_bytes(b"")
    assert status(data).sources["url http://127.0.0.1:9/"].where == "here"
