"""Small data sets in the real formats, and a cache folder of the test's own."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from fwexp.config.schema import Data, Source
from fwexp.data.arrays import Arrays, content_sha256

CONF = Path(__file__).parents[2] / "conf" / "data"


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("FWEXP_DATA", str(folder))
    return folder


def _arrays(*, shape: tuple[int, ...], num_train: int = 20, num_test: int = 10) -> Arrays:
    rng = np.random.default_rng(7)
    return {
        "x_train": rng.integers(0, 256, (num_train, *shape), dtype=np.uint8),
        "y_train": rng.integers(0, 10, num_train, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (num_test, *shape), dtype=np.uint8),
        "y_test": rng.integers(0, 10, num_test, dtype=np.uint8),
    }


@pytest.fixture
def grey() -> Arrays:
    return _arrays(shape=(6, 5, 1))


@pytest.fixture
def colour() -> Arrays:
    return _arrays(shape=(32, 32, 3))


@pytest.fixture
def declare() -> Callable[..., Data]:
    """A declaration that fits the arrays."""

    def _declare(
        arrays: Arrays,
        *,
        format: str = "fwexp.data.formats.idx:decode",
        sources: list[Source] | None = None,
        **more,
    ) -> Data:
        shape = arrays["x_train"].shape[1:]
        fields = {
            "name": "small",
            "task": "fwexp.tasks.classification:Classification",
            "format": format,
            "num_train": len(arrays["x_train"]),
            "num_test": len(arrays["x_test"]),
            "image_shape": list(shape),
            "num_classes": 10,
            "sha256": content_sha256(arrays),
            "scale": 255.0,
            "mean": [0.25] * shape[-1],
            "std": [0.5] * shape[-1],
            "licence": "none",
            "provenance": "made in a test",
            "sources": sources or [],
        }
        return Data(**(fields | more))

    return _declare


@pytest.fixture
def real() -> Callable[[str], Data]:
    """The data set that conf/data/NAME.yaml declares."""

    def _real(name: str) -> Data:
        values = OmegaConf.load(CONF / f"{name}.yaml")
        return OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(Data), values))

    return _real


def _idx(array: np.ndarray) -> bytes:
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes()


@pytest.fixture
def idx_files() -> Callable[..., dict[str, bytes]]:
    """Name and content of the four files of a set of grey images."""

    def _files(arrays: Arrays, *, separator: str = "-", gz: bool = True) -> dict[str, bytes]:
        parts = {
            f"train-images{separator}idx3-ubyte": arrays["x_train"][..., 0],
            f"train-labels{separator}idx1-ubyte": arrays["y_train"],
            f"t10k-images{separator}idx3-ubyte": arrays["x_test"][..., 0],
            f"t10k-labels{separator}idx1-ubyte": arrays["y_test"],
        }
        if gz:
            return {f"{name}.gz": gzip.compress(_idx(array)) for name, array in parts.items()}
        return {name: _idx(array) for name, array in parts.items()}

    return _files


@pytest.fixture
def put() -> Callable[[Path, dict[str, bytes]], Path]:
    def _put(folder: Path, files: dict[str, bytes]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return folder

    return _put


@pytest.fixture
def tarball() -> Callable[..., bytes]:
    """A gzipped tar archive of files in one directory."""

    def _tarball(files: dict[str, bytes], *, directory: str) -> bytes:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w:gz") as tar:
            for name, content in files.items():
                member = tarfile.TarInfo(f"{directory}/{name}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return stream.getvalue()

    return _tarball
