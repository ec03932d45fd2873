"""The data set as the trainers see it: normalised float32 images and integer labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data import cache
from fwexp.data.arrays import Bytes, problems_with
from fwexp.errors import DataError


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """Images (samples, height, width, channels) float32, normalised; labels (samples,) int64."""

    name: str
    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]
    num_classes: int
    sha256: str  # of the decoded 8-bit arrays
    source: str  # the one they were decoded from
    licence: str


def load(data: Data) -> DataSet:
    """The prepared data set, its content checked against the declared hash.

    Raises:
        DataError: the set is not in the cache, or its file there is damaged.
    """
    file = cache.arrays_file(data)
    known = cache.provenance_of(data)
    if known is None:
        raise DataError(
            f"data={data.name}: no decoded set in the cache ({file}); "
            f"type fwexp data={data.name}, which fetches and decodes it before it trains"
        )
    arrays = cache.read(data)
    if arrays is None:
        raise DataError(
            f"data={data.name}: {file} is damaged (its content is not the declared sha256); "
            f"type rm {file} and the same command again, which decodes it anew"
        )
    if problems := problems_with(arrays, data=data):
        raise DataError(f"data={data.name}: " + "; ".join(problems))
    return DataSet(
        name=data.name,
        x_train=normalise(arrays.x_train, data=data),
        y_train=arrays.y_train.astype(np.int64),
        x_test=normalise(arrays.x_test, data=data),
        y_test=arrays.y_test.astype(np.int64),
        num_classes=data.num_classes,
        sha256=data.sha256,
        source=known[0].source,
        licence=data.licence,
    )


def normalise(images: Bytes, *, data: Data) -> NDArray[np.float32]:
    """(images / scale − mean) / std in float32, mean and std by channel; the same shape."""
    flat = images.reshape(len(images), -1).astype(np.float32)
    # One row holds height · width pixels of `channels` values each: repeating mean and std to a
    # row's length keeps NumPy's inner loop long. In place: CIFAR-10 is 0.7 GB in float32.
    repeats = flat.shape[1] // images.shape[-1]
    flat /= np.float32(data.scale)
    flat -= np.tile(np.asarray(data.mean, dtype=np.float32), repeats)
    flat /= np.tile(np.asarray(data.std, dtype=np.float32), repeats)
    return flat.reshape(images.shape)
