"""In what way two arrays of one shape that differ are still alike."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SAME = 1e-9  # relative norm, of what agrees but for rounding
FEW = 8  # numbers: so many are in one order by chance


def grow_alike(ours: Array, theirs: Array) -> bool:
    """Whether one array's numbers never fall where the other's rise, as behind an activation."""
    a, b = np.ravel(ours), np.ravel(theirs)
    return a.size >= FEW and (_rises(b[np.argsort(a)]) or _rises(a[np.argsort(b)]))


def _rises(values: Array) -> bool:
    return bool((np.diff(values) >= -SAME * np.abs(values).max()).all())


def are_zeroed(ours: Array, theirs: Array) -> bool:
    """Whether some numbers are zero in one array only, and all others one multiple, not 1."""
    a, b = np.ravel(ours), np.ravel(theirs)
    both = (a != 0) & (b != 0)
    if not both.any() or bool((a != 0).all()) == bool((b != 0).all()):
        return False
    times = b[both] / a[both]
    return bool(np.allclose(times, times[0], rtol=SAME) and abs(abs(times[0]) - 1) > SAME)


def are_scaled_by_channel(ours: Array, theirs: Array) -> bool:
    """Whether each channel, the last axis, is a multiple of the other array's plus a constant."""
    a, b = (array.reshape(-1, array.shape[-1]) for array in (ours, theirs))
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    squares = (a * a).sum(axis=0)
    slopes = (a * b).sum(axis=0) / np.where(squares > 0, squares, 1)
    return bool(np.linalg.norm(b - slopes * a) <= SAME * np.linalg.norm(b))


def are_shares(array: Array) -> bool:
    """Whether the last axis is nowhere negative and sums to 1."""
    return bool((array >= 0).all() and np.allclose(array.sum(axis=-1), 1.0, atol=1e-5))
