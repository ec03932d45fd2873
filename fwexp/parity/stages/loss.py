"""Whether the loss is the same: the one that is differentiated, and those that `fit` reports."""

import numpy as np

from fwexp.parity.comparing import FLOAT64_TOLERANCE, exact, relative, worst
from fwexp.parity.pair import Pair
from fwexp.store.certificate import Stage

STEPS = "losses"  # of the locked steps; a full-size model takes none


def loss(pair: Pair) -> Stage | None:
    """The loss before any step, then each step's; None where training diverged."""
    differences = _before_any_step(pair)
    if STEPS in pair.torch:
        if divergence(pair):
            return None
        ours, theirs = pair.torch[STEPS], pair.keras[STEPS]
        if ours.shape != theirs.shape:
            detail = f"torch's fit took {len(ours)} steps, Keras's {len(theirs)}"
            return exact("loss", "the number of steps", detail)
        for step, (our, their) in enumerate(zip(ours, theirs, strict=True), start=1):
            differences[f"reported at step {step}"] = relative(our, their)
    return worst("loss", differences, FLOAT64_TOLERANCE, "equal logits, different loss")


def divergence(pair: Pair) -> Stage | None:
    """A failure where both losses stop being finite at the same step, having agreed until then:
    nothing after it can be compared, but the implementations are not to blame."""
    ours, theirs = pair.torch[STEPS], pair.keras[STEPS]
    if ours.shape != theirs.shape:
        return None
    lost = ~np.isfinite(ours)
    step = int(np.argmax(lost))
    # one by one: the norm of what is about to diverge would overflow
    agreed = np.allclose(ours[:step], theirs[:step], rtol=FLOAT64_TOLERANCE, atol=0.0)
    (at_first,) = _before_any_step(pair).values()
    if not lost.any() or np.isfinite(theirs[step]) or not agreed or at_first > FLOAT64_TOLERANCE:
        return None
    detail = (
        f"training diverged: the loss is {ours[step]:g} at step {step + 1}; "
        "try a smaller optimizer.learning_rate"
    )
    return exact("training", f"step {step + 1}", detail)


def _before_any_step(pair: Pair) -> dict[str, float]:
    return {"loss": relative(pair.torch["float64/loss"], pair.keras["float64/loss"])}
