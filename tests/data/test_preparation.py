"""The first present source is decoded, checked and cached; nothing else is ever used."""

import os

import pytest

from fwexp.config.schema import Source
from fwexp.data import cache
from fwexp.data.dataset import load
from fwexp.data.preparation import prepare
from fwexp.errors import DataError

SAY_NOTHING = [].append


def system(folder):
    return Source(kind="system", package="dataset-small", directory=str(folder))


@pytest.fixture
def small(grey, idx_files, put, declare, tmp_path):
    """A set present as a system package."""
    folder = put(tmp_path / "system", idx_files(grey))
    return declare(grey, sources=[system("/nowhere/at/all"), system(folder)])


def test_the_first_present_source_wins_and_is_told(small, tmp_path):
    small.sources[1].package = "dataset-second"
    said = []
    provenance = prepare(small, say=said.append)
    assert provenance.source == "system package dataset-second"
    assert provenance.arrays == [
        ("x_train", "uint8", [20, 6, 5, 1]),
        ("y_train", "uint8", [20]),
        ("x_test", "uint8", [10, 6, 5, 1]),
        ("y_test", "uint8", [10]),
    ]
    assert provenance.num_bytes == cache.arrays_file(small).stat().st_size == 30 * (6 * 5 + 1)
    assert (provenance.sha256, provenance.licence) == (small.sha256, "none")
    assert said == [
        "data=small: system package dataset-small",
        "  not usable: there is no folder /nowhere/at/all",
        "data=small: system package dataset-second",
        f"  folder {tmp_path}/system",
        f"  decoded 20 + 10 samples: {cache.arrays_file(small)}",
    ]


def test_a_cached_set_needs_no_source_and_says_nothing(small):
    first = prepare(small, say=SAY_NOTHING)
    small.sources[1].directory = "/nowhere/either"
    said = []
    assert prepare(small, say=said.append) == first
    assert said == []


def test_a_missing_set_lists_every_source_and_what_to_type(small):
    small.sources[1] = system("/nowhere/either")
    small.sources[1].package = "dataset-other"
    with pytest.raises(DataError) as caught:
        prepare(small, say=SAY_NOTHING)
    assert str(caught.value) == (
        "data=small: no source of this data set is usable here\n"
        "  system package dataset-small: there is no folder /nowhere/at/all\n"
        "  system package dataset-other: there is no folder /nowhere/either\n"
        "type one of these instead:\n"
        "  sudo apt-get install dataset-small\n"
        "  sudo apt-get install dataset-other\n"
        "  data.path=/a/folder/that/holds/the/original/files"
    )


def test_a_truncated_file_stops_here_and_no_other_source_stands_in(small, tmp_path):
    file = tmp_path / "system" / "train-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:100])
    small.sources.append(small.sources[1])
    with pytest.raises(DataError) as caught:
        prepare(small, say=SAY_NOTHING)
    assert str(caught.value) == (
        f"data=small: {file} cannot be read in full (Compressed file ended before the "
        "end-of-stream marker was reached)\n"
        "it came from system package dataset-small; "
        "type instead: sudo apt-get install --reinstall dataset-small"
    )
    assert not cache.arrays_file(small).exists()


def test_other_content_than_declared_is_refused(small, cache_folder):
    right = small.sha256
    small.sha256 = "0" * 64
    with pytest.raises(DataError) as caught:
        prepare(small, say=SAY_NOTHING)
    assert str(caught.value) == (
        "data=small: system package dataset-small is not the declared data set\n"
        f"  declared data.sha256: {'0' * 64}\n"
        f"  decoded:              {right}\n"
        "type instead: sudo apt-get install --reinstall dataset-small\n"
        "or, if this is a new data set of your own, put the decoded hash in its YAML"
    )
    assert not cache_folder.exists()


def test_other_counts_than_declared_are_refused_even_when_cached(small):
    prepare(small, say=SAY_NOTHING)
    small.num_test = 11
    with pytest.raises(DataError) as caught:
        prepare(small, say=SAY_NOTHING)
    assert str(caught.value) == (
        "data=small: system package dataset-small is not the declared data set: "
        "x_test has shape [10, 6, 5, 1], but [11, 6, 5, 1] is declared; "
        "y_test has shape [10], but [11] is declared"
    )


def test_a_local_path_is_the_only_source_even_when_another_is_cached(
    small, grey, idx_files, put, tmp_path
):
    prepare(small, say=SAY_NOTHING)
    small.path = str(put(tmp_path / "mine", idx_files(grey, separator=".", gz=False)))
    assert prepare(small, say=SAY_NOTHING).source == f"path {tmp_path}/mine"
    assert load(small).source == f"path {tmp_path}/mine"


def test_an_absent_local_path_is_named(small):
    prepare(small, say=SAY_NOTHING)
    small.path = "/not/here"
    with pytest.raises(DataError) as caught:
        prepare(small, say=SAY_NOTHING)
    assert str(caught.value) == (
        "data=small: no source of this data set is usable here\n"
        "  path /not/here: there is no folder /not/here\n"
        "type one of these instead:\n"
        "  data.path=/the/folder/that/holds/the/original/files, or leave data.path out"
    )


def test_an_incomplete_local_path_names_the_missing_files(small, grey, idx_files, put, tmp_path):
    files = idx_files(grey)
    del files["t10k-labels-idx1-ubyte.gz"]
    small.path = str(put(tmp_path / "mine", files))
    with pytest.raises(DataError) as caught:
        prepare(small, say=SAY_NOTHING)
    assert f"path {tmp_path}/mine: {tmp_path}/mine has no t10k-labels-idx1-ubyte[.gz]\n" in str(
        caught.value
    )


def test_a_damaged_cache_file_is_named_and_decoded_again(small):
    prepare(small, say=SAY_NOTHING)
    file = cache.arrays_file(small)
    sound = file.read_bytes()
    file.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    said = []
    prepare(small, say=said.append)
    assert said[0] == f"data=small: {file} is damaged: it will be decoded again"
    assert file.read_bytes() == sound


def test_a_truncated_cache_file_is_decoded_again(small):
    prepare(small, say=SAY_NOTHING)
    file = cache.arrays_file(small)
    sound = file.read_bytes()
    file.write_bytes(sound[:50])
    prepare(small, say=SAY_NOTHING)
    assert file.read_bytes() == sound


def test_a_copied_cache_file_is_checked_and_used(small):
    first = prepare(small, say=SAY_NOTHING)
    os.utime(cache.arrays_file(small), ns=(1, 1))
    said = []
    assert prepare(small, say=said.append) == first
    assert said == []


@pytest.mark.parametrize(
    "spoil",
    [
        *(lambda _, text=text: text for text in ("", "{", "[]", '{"provenance": {}, "file": {}}')),
        lambda text: text.replace('"uint8"', '"uint9"'),
        lambda text: text.replace('"uint8",', ""),
        lambda text: text.replace('"arrays"', '"array"'),
    ],
)
def test_a_damaged_provenance_file_means_decoding_again(small, spoil):
    first = prepare(small, say=SAY_NOTHING)
    file = cache.provenance_file(small)
    sound = file.read_text()
    file.write_text(spoil(sound))
    assert file.read_text() != sound
    said = []
    assert prepare(small, say=said.append) == first
    assert said[-1] == f"  decoded 20 + 10 samples: {cache.arrays_file(small)}"


def test_a_cache_that_cannot_be_written_says_where_to_put_it(small, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FWEXP_DATA", str(tmp_path / "file"))
    with pytest.raises(DataError) as caught:
        prepare(small, say=SAY_NOTHING)
    assert str(caught.value) == (
        f"data=small: the data cache {tmp_path}/file cannot be written (File exists); "
        "type FWEXP_DATA=/a/writable/folder before the command"
    )


def test_no_temporary_file_is_left_when_writing_fails(small, monkeypatch, cache_folder):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="No space left on device"):
        prepare(small, say=SAY_NOTHING)
    assert list(cache_folder.iterdir()) == []


def test_a_name_that_climbs_out_of_the_cache_is_refused(small):
    small.name = "../up"
    with pytest.raises(DataError, match=r"^data.name=../up: a data set's name is also a file's"):
        prepare(small, say=SAY_NOTHING)


def test_progress_goes_to_stderr_by_default(small, capsys):
    prepare(small)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("data=small: system package dataset-small\n")


@pytest.mark.parametrize("harm", ['"|u1"', '"no dtype"', "3"])
def test_a_note_that_tells_of_other_arrays_counts_as_none(small, harm):
    prepare(small, say=SAY_NOTHING)
    note = cache.provenance_file(small)
    note.write_text(note.read_text().replace('"uint8"', harm).replace("[20, ", "[21, "))
    assert cache.provenance_of(small) is None
    assert prepare(small, say=SAY_NOTHING) == cache.provenance_of(small)[0]
