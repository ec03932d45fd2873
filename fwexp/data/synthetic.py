"""Synthetic data of any size, generated on the spot: to measure speed, never a score.

All of it is cut from streams of bytes, each generated from a fixed seed. The declared sha256 is
that of the first stream's first mebibyte, whatever the size of the data: it holds as long as the
generator gives the same bytes.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data.arrays import Arrays, Bytes
from fwexp.data.cache import Provenance, layout
from fwexp.data.tokens import BOS, EOS
from fwexp.errors import DataError

SOURCE = "made on the spot, from a fixed seed"
FIRST, SECOND, THIRD = 0, 1, 2  # the seeds of the streams
CHECKED_BYTES = 2**20
ROW_BYTES = 8  # of one draw
FIRST_WORD = EOS + 1  # the tokens before it stand for no word
SAMPLES_PER_CLICK = 5  # as in MLPerf's NCF: four negatives to each item taken


@dataclass(frozen=True, kw_only=True)
class Noise:
    """One kind of noise: what decides its shape, and what generates it."""

    needs: tuple[str, ...]  # fields of the declaration
    make: Callable[[Data], Arrays]  # `x` or `x.NAME`, and `y`, of all samples


def is_synthetic(data: Data) -> bool:
    """Whether data.format is one of this module's."""
    return data.format in NOISES


def make(data: Data) -> Arrays:
    """The arrays that data.format generates, the training samples before the test samples.

    Raises DataError where the declaration is not one of noise.
    """
    if problems := _problems(data):
        raise DataError(f"data={data.name}: " + "; ".join(problems))
    whole = NOISES[data.format].make(data)
    parts = {"train": slice(data.num_train), "test": slice(data.num_train, None)}
    return {
        _name_in(part, name): array[rows]
        for part, rows in parts.items()
        for name, array in whole.items()
    }


def provenance(data: Data) -> Provenance:
    """Where the arrays come from; generating them shows that they can be."""
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
        problems.append(f"data.path={data.path}: the noise is {SOURCE}; leave data.path out")
    given = {name: getattr(data, name) for name in NOISES[data.format].needs}
    problems += [
        f"data.{name}: data.format={data.format} needs it; type data.{name}=…"
        for name, value in given.items()
        if value is None
    ]
    if (given.get("vocabulary_size") or FIRST_WORD + 1) <= FIRST_WORD:
        problems.append(
            f"data.vocabulary_size={data.vocabulary_size}: the first {FIRST_WORD} tokens stand for "
            f"no word; type {FIRST_WORD + 1} or more"
        )
    found = hashlib.sha256(_bytes(CHECKED_BYTES).data).hexdigest()
    if data.sha256 != found:
        problems.append(
            f"data.sha256={data.sha256}: the noise begins with {found}; leave data.sha256 out"
        )
    return problems


def images(data: Data) -> Arrays:
    """Pixels uint8 (samples, height, width, channels) and labels int64 (samples,)."""
    assert data.image_shape is not None
    assert data.num_classes is not None
    count = data.num_train + data.num_test
    pixels = _bytes(count * prod(data.image_shape)).reshape(-1, *data.image_shape)
    labels = _draw(SECOND, count) % np.uint64(data.num_classes)
    return {"x": pixels, "y": labels.astype(np.int64)}


def pairs(data: Data) -> Arrays:
    """Sentences as formats/sentence_pairs.py has them, int32 (samples, places), none padded."""
    assert data.sequence_length is not None
    assert data.target_length is not None
    assert data.vocabulary_size is not None
    count, size = data.num_train + data.num_test, data.vocabulary_size
    source = _words(FIRST, (count, data.sequence_length - 1), vocabulary_size=size)
    target = _words(SECOND, (count, data.target_length - 1), vocabulary_size=size)
    begin, end = (np.full((count, 1), token, dtype=np.int32) for token in (BOS, EOS))
    return {
        "x.source": np.hstack([source, end]),
        "x.target_in": np.hstack([begin, target]),
        "y": np.hstack([target, end]),
    }


def ratings(data: Data) -> Arrays:
    """Users and items int32 (samples,), and whether the user took the item, uint8 (samples,)."""
    assert data.num_users is not None
    assert data.num_items is not None
    count = data.num_train + data.num_test
    return {
        "x.user": _below(data.num_users, FIRST, (count,)),
        "x.item": _below(data.num_items, SECOND, (count,)),
        "y": (_below(SAMPLES_PER_CLICK, THIRD, (count,)) == 0).astype(np.uint8),
    }


NOISES = {  # by data.format
    "fwexp.data.synthetic:images": Noise(needs=("image_shape", "num_classes"), make=images),
    "fwexp.data.synthetic:pairs": Noise(
        needs=("sequence_length", "target_length", "vocabulary_size"), make=pairs
    ),
    "fwexp.data.synthetic:ratings": Noise(needs=("num_users", "num_items"), make=ratings),
}


def _name_in(part: str, name: str) -> str:
    """x.source → x_train.source."""
    kind, dot, rest = name.partition(".")
    return f"{kind}_{part}{dot}{rest}"


def _words(seed: int, shape: tuple[int, int], *, vocabulary_size: int) -> NDArray[np.int32]:
    return FIRST_WORD + _below(vocabulary_size - FIRST_WORD, seed, shape)


def _below(limit: int, seed: int, shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Whole numbers from 0 to below the limit."""
    numbers: NDArray[np.int32] = (_draw(seed, prod(shape)) % np.uint64(limit)).astype(np.int32)
    return numbers.reshape(shape)


def _bytes(num_bytes: int) -> Bytes:
    rows = _draw(FIRST, -(-num_bytes // ROW_BYTES))
    return rows.astype("<u8", copy=False).view(np.uint8)[:num_bytes]


def _draw(seed: int, count: int) -> NDArray[Any]:
    """The bit generator's raw numbers: NumPy keeps this stream from release to release."""
    raw: NDArray[Any] = np.random.PCG64(seed).random_raw(count)
    return raw
