"""Whether the loss has the same gradient by every weight."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.parity.comparing import FLOAT64_TOLERANCE, ROUNDING, exact, relative, worst
from fwexp.parity.pair import Pair, under
from fwexp.store.certificate import Stage


def gradients(pair: Pair) -> Stage:
    """Of the first batch's loss, before any step."""
    torch, keras = pair.torch, pair.keras
    ours, theirs = (under("float64/gradient/", capture) for capture in (torch, keras))
    if ours.keys() != theirs.keys():
        name = sorted(ours.keys() ^ theirs.keys())[0]
        framework = "torch's" if name in ours else "Keras's"
        return exact("gradients", name, f"only {framework} loss depends on it")
    whole = float(np.linalg.norm([np.linalg.norm(torch[path]) for path in ours.values()]))
    differences = {n: _difference(torch[p], keras[p], whole) for n, p in ours.items()}
    detail = "the first weight whose gradient differs"
    return worst("gradients", differences, FLOAT64_TOLERANCE, detail)


def _difference(ours: NDArray[Any], theirs: NDArray[Any], whole: float) -> float:
    """Relative to the gradient itself, or to the whole one where it is zero but for rounding."""
    if float(np.linalg.norm(ours)) < ROUNDING * whole and ours.shape == theirs.shape:
        return float(np.linalg.norm(theirs - ours)) / whole
    return relative(ours, theirs)
