"""How two arrays are compared, and the stage that the differences make."""

from math import inf, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.store.certificate import Stage

FLOAT64_TOLERANCE = 1e-10  # relative norm; float32 anywhere inside shows at 1e-9 and above
FLOAT32_TOLERANCE = 1e-4  # of outputs: hundreds of roundings of 6e-8, and cancellation
ROUNDING = 1e-12  # of the largest gradient, in float64: anything below is rounding


def relative(reference: NDArray[Any], other: NDArray[Any]) -> float:
    """‖other − reference‖ / ‖reference‖, infinite where it is not a number or the shapes differ."""
    if reference.shape != other.shape:
        return float("inf")
    difference = float(np.linalg.norm(np.ravel(other - reference)))
    norm = float(np.linalg.norm(np.ravel(reference)))
    if difference == 0.0:
        return 0.0
    return difference / norm if norm > 0 and np.isfinite(difference) else float("inf")


def exact(name: str, where: str = "", detail: str = "") -> Stage:
    """The stage of an exact comparison, which failed if a place is named."""
    return Stage(
        name=name,
        passed=not where,
        difference=float("inf") if where else 0.0,
        tolerance=0.0,
        where=where,
        detail=detail,
    )


def worst(name: str, differences: dict[str, float], tolerance: float, detail: str = "") -> Stage:
    """The stage of these relative norms by place: the first above the tolerance, or the largest."""
    # NaN compares false with every tolerance.
    differences = {k: inf if isnan(d) else d for k, d in differences.items()}
    first = next((k for k, d in differences.items() if d > tolerance), None)
    # Look at the first that differs too much: the others may follow from it.
    where = max(differences, key=lambda key: differences[key]) if first is None else first
    return Stage(
        name=name,
        passed=first is None,
        difference=differences[where],
        tolerance=tolerance,
        where=where,
        detail="" if first is None else detail,
    )
