"""Whether both frameworks lose equally much at a mixed precision."""

import numpy as np
from numpy.typing import NDArray

from fwexp.parity.comparing import relative
from fwexp.parity.pair import Capture, Pair, under
from fwexp.store.certificate import Stage

FACTOR = 4.0  # times the other framework's distance from its own float32


def mixed_precision(pair: Pair) -> Stage:
    """The evaluation, the loss and the gradients, by how far each framework's are from its own in
    float32: neither may be further than four times the other."""
    ours, theirs = distances(pair.torch), distances(pair.keras)
    shares = {name: _times(ours[name], theirs.get(name, np.inf)) for name in ours}
    where = max(shares, key=lambda name: shares[name])
    return Stage(
        name="mixed precision",
        passed=shares[where] <= FACTOR,
        difference=shares[where],
        tolerance=FACTOR,
        where=where,
        detail=""
        if shares[where] <= FACTOR
        else f"torch is {ours[where]:.1e} from its float32, Keras {theirs.get(where, np.inf):.1e}",
    )


def distances(capture: Capture) -> dict[str, float]:
    """From the framework's own float32: of the evaluation, the loss and all gradients together."""
    found = {
        name: relative(capture[f"float32/{name}"], capture[f"mixed/{name}"])
        for name in ("evaluation", "loss")
    }
    exact, rounded = (_gradients(capture, kind) for kind in ("float32", "mixed"))
    return found | {"gradients": relative(exact, rounded)}


def _gradients(capture: Capture, kind: str) -> NDArray[np.floating]:
    """All of them, end to end."""
    paths = under(f"{kind}/gradient/", capture)
    return np.concatenate([np.ravel(capture[paths[name]]) for name in sorted(paths)])


def _times(ours: float, theirs: float) -> float:
    """How many times one is the other; a loss may by chance be nearly exact in one."""
    least = 1e-4
    low, high = sorted((max(ours, least), max(theirs, least)))
    return high / low
