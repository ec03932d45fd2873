"""Arrays to a file and back, one at a time."""

from pathlib import Path

import numpy as np
import pytest

from fwexp.store.array_file import ArrayFile, ArrayWriter

ARRAYS = {
    "state/1/conv0.kernel/m": np.arange(6.0).reshape(2, 3),
    "loss": np.array(2.5),
    "batch/1/x": np.array(["float32 (2,)", "crc 0"]),
    "transposed": np.arange(6, dtype="float32").reshape(2, 3).T,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "side.npz"
    with ArrayWriter(path) as file:
        for name, array in ARRAYS.items():
            file.add({name: array})
    return path


def test_every_array_comes_back(path: Path) -> None:
    with ArrayFile(path) as found:
        assert list(found) == list(ARRAYS)
        assert len(found) == 4
        assert "loss" in found
        assert "no such" not in found
        for name, array in ARRAYS.items():
            assert found[name].dtype == array.dtype
            np.testing.assert_array_equal(found[name], array)


def test_a_prefix_goes_before_each_name(tmp_path: Path) -> None:
    with ArrayWriter(tmp_path / "a.npz") as file:
        file.add({"kernel": np.zeros(2), "bias": np.ones(1)}, under="state/0")
    with ArrayFile(tmp_path / "a.npz") as found:
        assert list(found) == ["state/0/kernel", "state/0/bias"]


def test_numpy_reads_it_too(path: Path) -> None:
    with np.load(path) as found:
        assert set(found) == set(ARRAYS)
        assert found["loss"] == 2.5


def test_an_array_is_read_when_it_is_asked_for(path: Path) -> None:
    with ArrayFile(path) as found:
        found["loss"][...] = 7
        assert found["loss"] == 2.5


def test_objects_are_not_written(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="allow_pickle=False"),
        ArrayWriter(tmp_path / "a.npz") as file,
    ):
        file.add({"a": np.array([object()])})
