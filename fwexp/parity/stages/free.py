"""Whether training that nobody locks stays together, as a run of the configuration begins."""

import numpy as np
from numpy.typing import NDArray

from fwexp.parity.comparing import exact, relative
from fwexp.parity.pair import Capture, Pair, under
from fwexp.parity.rounding import LOST
from fwexp.store.certificate import Stage

FACTOR = 200.0  # more than of one step: what two frameworks round differently adds up


def free_steps(pair: Pair) -> Stage:
    """Each step's loss, as far as two trainings that one rounding sets apart stay together."""
    ours, theirs = pair.torch["free/losses"], pair.keras["free/losses"]
    if ours.shape != theirs.shape:
        detail = f"torch's fit took {len(ours)} steps, Keras's {len(theirs)}"
        return exact("free steps", "the number of steps", detail)
    noise = divergence_of(pair)
    compared = slice(reach(noise))
    differences = (np.abs(theirs - ours) / _units(ours))[compared]
    detail = "the trainings part faster than rounding explains"
    return _stage("free steps", differences, FACTOR * noise[compared], detail)


def evaluations(pair: Pair) -> Stage:
    """The outputs of evaluations between those steps: of a slice, twice, and of a test set."""
    noise, differences, bounds = divergence_of(pair), [], []
    for name, path in under("free/evaluation/", pair.torch).items():
        step = int(name.split("/")[0])
        if step <= reach(noise):
            apart = path.replace("free/", "apart/", 1)
            own = min(relative(c[path], c[apart]) for c in (pair.torch, pair.keras))
            differences.append(relative(pair.torch[path], pair.keras[path]))
            bounds.append(FACTOR * max(own, float(pair.torch["least"])))
    for capture, name in ((pair.torch, "torch"), (pair.keras, "Keras")):
        for first, again in _repeated(capture):
            if not np.array_equal(first, again):
                return exact("evaluation", name, "the same samples, evaluated twice, differ")
    detail = "evaluations between steps differ"
    return _stage("evaluation", np.array(differences), np.array(bounds), detail)


def divergence_of(pair: Pair) -> NDArray[np.float64]:
    """(steps,): the relative difference of the losses that rounding alone has made by then, in
    the framework where it is less: what is random in one would make its own reference wide."""
    sides = (pair.torch, pair.keras)
    found = [np.abs(c["apart/losses"] - c["free/losses"]) / _units(c["free/losses"]) for c in sides]
    least = np.nan_to_num(np.fmin(*found), nan=np.inf)
    return np.maximum.accumulate(np.maximum(least, float(pair.torch["least"])))


def _units(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Differences are in units of the first loss: a small one has lost digits in the softmax."""
    units: NDArray[np.float64] = np.maximum(np.abs(losses), np.abs(losses[0]))
    return units


def reach(noise: NDArray[np.float64]) -> int:
    """How many steps can be compared before rounding has taken over."""
    lost = FACTOR * noise > LOST
    return int(np.argmax(lost)) if lost.any() else len(noise)


def _repeated(capture: Capture) -> list[tuple[NDArray[np.floating], NDArray[np.floating]]]:
    again = under("free/again/", capture)
    return [(capture[f"free/evaluation/{name}"], capture[path]) for name, path in again.items()]


def _stage(
    name: str, differences: NDArray[np.float64], bounds: NDArray[np.float64], detail: str
) -> Stage:
    """The first difference above its bound, or the one nearest to it."""
    if not len(differences):
        return exact(name)
    shares = np.nan_to_num(differences / bounds, nan=np.inf)
    failed = bool((shares > 1).any())
    worst = int(np.argmax(shares > 1) if failed else np.argmax(shares))
    return Stage(
        name=name,
        passed=not failed,
        difference=float(np.nan_to_num(differences[worst], nan=np.inf)),
        tolerance=float(bounds[worst]),
        where=f"step {worst + 1}" if name == "free steps" else f"evaluation {worst + 1}",
        detail=detail if failed else "",
    )
