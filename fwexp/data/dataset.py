"""The data set as the trainers see it: inputs by name and targets, of training and test samples."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data import cache, synthetic
from fwexp.data.arrays import Arrays, Bytes, problems_with
from fwexp.errors import DataError


@dataclass(frozen=True, kw_only=True)
class Split:
    """Samples: inputs by name, in the order in which a model takes them, and targets.

    Images are (samples, height, width, channels) float32, normalised; integers are int32 inputs
    and int64 targets, other numbers float32.
    """

    inputs: dict[str, NDArray[Any]]
    targets: NDArray[Any]

    def __len__(self) -> int:
        return len(self.targets)

    def first(self, num_samples: int) -> "Split":
        """Only the first samples."""
        inputs = {name: array[:num_samples] for name, array in self.inputs.items()}
        return Split(inputs=inputs, targets=self.targets[:num_samples])

    def spread(self, num_samples: int) -> "Split":
        """Samples at equal distances, from the first to the last: sorted ones are of all kinds."""
        some = np.linspace(0, len(self) - 1, min(num_samples, len(self))).astype(int)
        inputs = {name: array[some] for name, array in self.inputs.items()}
        return Split(inputs=inputs, targets=self.targets[some])


@dataclass(frozen=True, kw_only=True)
class DataSet:
    name: str
    train: Split
    test: Split
    sha256: str  # of the decoded arrays
    source: str  # the one they were decoded from
    licence: str
    extras: Arrays = field(default_factory=dict)  # what else the task needs: a vocabulary, say


def load(data: Data) -> DataSet:
    """The prepared data set, its content checked against the declared hash.

    Raises:
        DataError: the data set is not in the cache, or its file there is damaged.
    """
    arrays, source = _arrays(data)
    if problems := problems_with(arrays, data=data):
        raise DataError(f"data={data.name}: " + "; ".join(problems))
    named = ("x_train", "y_train", "x_test", "y_test")
    return DataSet(
        name=data.name,
        train=split(arrays, "train", data=data),
        test=split(arrays, "test", data=data),
        sha256=data.sha256,
        source=source,
        licence=data.licence,
        extras={k: v for k, v in arrays.items() if not k.startswith(named)},
    )


def _arrays(data: Data) -> tuple[Arrays, str]:
    """The decoded arrays and their source: from the cache, or generated on the spot."""
    if synthetic.is_synthetic(data):
        return synthetic.make(data), synthetic.SOURCE
    file = cache.arrays_file(data)
    known = cache.provenance_of(data)
    if known is None:
        raise DataError(
            f"data={data.name}: no decoded set in the cache ({file}); "
            f"type fwexp data={data.name}, which fetches and decodes it before it trains"
        )
    try:
        arrays = cache.read(data, provenance=known[0])
    except OSError as error:
        raise DataError(f"data={data.name}: {file}: {error.strerror or error}") from error
    if arrays is None:
        raise DataError(
            f"data={data.name}: {file} is damaged (its sha256 is not the declared one); "
            f"type rm {file} and the same command again, which decodes it again"
        )
    return arrays, known[0].source


def split(arrays: Arrays, part: str, *, data: Data) -> Split:
    """The samples of "train" or "test", as the trainers want them."""
    prefix = f"x_{part}"
    inputs = {
        name.removeprefix(prefix).removeprefix(".") or "x": _as_input(array, data=data)
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
    targets = arrays[f"y_{part}"]
    kind = np.float32 if targets.dtype.kind == "f" else np.int64
    return Split(inputs=inputs, targets=targets.astype(kind))


def _as_input(array: NDArray[Any], *, data: Data) -> NDArray[Any]:
    if data.image_shape is not None:
        return normalise(array, data=data)
    return array.astype(np.float32 if array.dtype.kind == "f" else np.int32)


def normalise(images: Bytes, *, data: Data) -> NDArray[np.float32]:
    """(images / scale − mean) / std in float32, mean and std by channel; the same shape."""
    assert data.scale is not None  # rules.check_channels
    flat = images.reshape(len(images), -1).astype(np.float32)
    # One row holds height · width pixels of `channels` values each: repeating mean and std to a
    # row's length keeps NumPy's inner loop long. In place: CIFAR-10 is 0.7 GB in float32.
    repeats = flat.shape[1] // images.shape[-1]
    flat /= np.float32(data.scale)
    flat -= np.tile(np.asarray(data.mean, dtype=np.float32), repeats)
    flat /= np.tile(np.asarray(data.std, dtype=np.float32), repeats)
    return flat.reshape(images.shape)
