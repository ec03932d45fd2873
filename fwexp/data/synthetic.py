"""Images of any shape, made of noise on the spot: to measure speed, never a score.

The pixels are one stream of bytes, a generator's of a fixed seed, cut into images of the declared
shape; the labels are another. The declared sha256 is that of the pixels' first mebibyte, whatever
the shape: it holds as long as the generator gives the same bytes.
"""

import hashlib
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data.arrays import Arrays, Bytes
from fwexp.data.cache import Provenance, layout
from fwexp.errors import DataError

FORMAT = "synthetic"
SOURCE = "made on the spot, from a fixed seed"
PIXELS, LABELS = 0, 1  # the seeds of the two streams
CHECKED_BYTES = 2**20
ROW_BYTES = 8  # of one draw


def make(data: Data) -> Arrays:
    """The four arrays: images uint8 (samples, height, width, channels), labels int64 (samples,).

    Raises DataError where the declaration is not one of noise.
    """
    if problems := _problems(data):
        raise DataError(f"data={data.name}: " + "; ".join(problems))
    assert data.image_shape is not None
    assert data.num_classes is not None
    num_train, shape = data.num_train, (-1, *data.image_shape)
    num_images = num_train + data.num_test
    images = _bytes(num_images * prod(data.image_shape)).reshape(shape)
    labels = (_draw(LABELS, num_images) % np.uint64(data.num_classes)).astype(np.int64)
    return {
        "x_train": images[:num_train],
        "y_train": labels[:num_train],
        "x_test": images[num_train:],
        "y_test": labels[num_train:],
    }


def provenance(data: Data) -> Provenance:
    """Where the arrays come from; they are made to know that they can be."""
    return Provenance(
        name=data.name,
        source=SOURCE,
        licence=data.licence,
        provenance=data.provenance,
        sha256=data.sha256,
        arrays=layout(make(data)),
    )


def _problems(data: Data) -> list[str]:
    problems = []
    if data.path is not None:
        problems.append(f"data.path={data.path}: the images are {SOURCE}; leave data.path out")
    if data.image_shape is None or data.num_classes is None:
        problems.append("data.image_shape and data.num_classes decide the noise: give both")
    found = hashlib.sha256(_bytes(CHECKED_BYTES).data).hexdigest()
    if data.sha256 != found:
        problems.append(
            f"data.sha256={data.sha256}: the noise begins with {found}; leave data.sha256 out"
        )
    return problems


def _bytes(num_bytes: int) -> Bytes:
    rows = _draw(PIXELS, -(-num_bytes // ROW_BYTES))
    return rows.astype("<u8", copy=False).view(np.uint8)[:num_bytes]


def _draw(seed: int, count: int) -> NDArray[Any]:
    """The bit generator's own numbers: NumPy keeps this stream from release to release."""
    raw: NDArray[Any] = np.random.PCG64(seed).random_raw(count)
    return raw
