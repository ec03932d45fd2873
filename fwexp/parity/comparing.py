"""How two sides' arrays are compared, and what becomes of it: a stage."""

from collections.abc import Mapping
from math import inf, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.store.certificate import Stage

FLOAT64_TOLERANCE = 1e-10  # relative norm; float32 anywhere inside shows at 1e-9 and above
FLOAT32_TOLERANCE = 1e-4  # relative norm of outputs: some hundred roundings of 6e-8, and cancelling
ROUNDING = 1e-12  # of the largest gradient: what is below is rounding, in float64

Side = Mapping[str, NDArray[Any]]


def relative(reference: NDArray[Any], other: NDArray[Any]) -> float:
    """‖other − reference‖ / ‖reference‖, infinite when it is no number or the shapes differ."""
    if reference.shape != other.shape:
        return float("inf")
    difference = float(np.linalg.norm(np.ravel(other - reference)))
    norm = float(np.linalg.norm(np.ravel(reference)))
    if difference == 0.0:
        return 0.0
    return difference / norm if norm > 0 and np.isfinite(difference) else float("inf")


def exact(name: str, where: str = "", detail: str = "") -> Stage:
    """The stage of what must be equal; it failed where a place is named."""
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
    # NaN is below no tolerance, and above none either.
    differences = {k: inf if isnan(d) else d for k, d in differences.items()}
    first = next((k for k, d in differences.items() if d > tolerance), None)
    # Of all that differ too much the first is the one to look at: the others may follow from it.
    where = max(differences, key=lambda key: differences[key]) if first is None else first
    return Stage(
        name=name,
        passed=first is None,
        difference=differences[where],
        tolerance=tolerance,
        where=where,
        detail="" if first is None else detail,
    )
