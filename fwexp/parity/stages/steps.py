"""Whether the locked steps are the same: one optimizer step at a time, from equal states."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.parity.comparing import FLOAT64_TOLERANCE, ROUNDING, relative, worst
from fwexp.parity.pair import NUM_STEPS, Capture, Pair, under
from fwexp.store.certificate import Stage

Exempt = Mapping[str, NDArray[np.bool_]]  # by variable: which elements are not compared


def optimizer_steps(pair: Pair) -> Stage | None:
    """The update of the weights."""
    detail = "equal gradients, different update"
    among = _is_variable(pair, trainable=True)
    return _compare("optimizer steps", pair, among, detail, exempt=_without_gradient)


def optimizer_state(pair: Pair) -> Stage | None:
    """The optimizer's slots; None where it keeps none."""
    detail = "the optimizers remember different values"
    return _compare("optimizer state", pair, lambda name: "/" in name, detail)


def statistics(pair: Pair) -> Stage | None:
    """The running statistics; None where the model has none."""
    detail = "the running statistics are updated differently"
    return _compare("statistics", pair, _is_variable(pair, trainable=False), detail)


def evaluation_after_training(pair: Pair) -> Stage:
    """The logits of the test set after the last step."""
    difference = relative(pair.torch["evaluation after"], pair.keras["evaluation after"])
    return worst(
        "evaluation after training",
        {"logits": difference},
        FLOAT64_TOLERANCE,
        "equal states, different logits in evaluation mode",
    )


def _is_variable(pair: Pair, *, trainable: bool) -> Callable[[str], bool]:
    names = {name for name, v in pair.spec.variables().items() if v.trainable is trainable}
    return names.__contains__


def _compare(
    name: str,
    pair: Pair,
    among: Callable[[str], bool],
    detail: str,
    *,
    exempt: Callable[[Capture, int], Exempt] = lambda *_: {},
) -> Stage | None:
    """The stage of how each step changes those of the state's arrays that are among these."""
    differences = {}
    before = _state(pair.torch, 0, among)
    for step in range(NUM_STEPS):
        ours, theirs = (_state(c, step + 1, among) for c in (pair.torch, pair.keras))
        if ours:
            ignored = exempt(pair.torch, step + 1)
            where, difference = _update_difference(before, ours, theirs, ignored)
            differences[f"step {step + 1}, {where}"] = difference
        before = ours
    return worst(name, differences, FLOAT64_TOLERANCE, detail) if differences else None


def _state(capture: Capture, step: int, among: Callable[[str], bool]) -> dict[str, NDArray[Any]]:
    paths = under(f"state/{step}/", capture)
    return {name: capture[path] for name, path in paths.items() if among(name)}


def _without_gradient(capture: Capture, step: int) -> Exempt:
    """Where a weight's gradient is zero but for rounding, which Adam alone blows up to a step.

    Such is a shift before a norm that takes it out again. Adam's first moment says where; it is
    itself compared, whole, as optimizer state.
    """
    slots = _state(capture, step, lambda name: name.endswith("/m"))
    moments = {name.removesuffix("/m"): np.abs(slot) for name, slot in slots.items()}
    largest = max((float(m.max()) for m in moments.values()), default=0.0)
    return {name: moment < ROUNDING * largest for name, moment in moments.items()}


def _update_difference(
    before: Mapping[str, NDArray[Any]],
    ours: Mapping[str, NDArray[Any]],
    theirs: Mapping[str, NDArray[Any]],
    exempt: Exempt,
) -> tuple[str, float]:
    """The relative norm of the whole update's difference, and the variable that has most of it."""

    def norm_of(name: str, difference: NDArray[Any]) -> float:
        return float(np.linalg.norm(np.where(exempt.get(name, False), 0.0, difference)))

    if missing := [n for n in ours if n not in theirs]:
        return missing[0], float("inf")
    gaps = {n: norm_of(n, theirs[n] - ours[n]) for n in ours}
    update = [norm_of(n, ours[n] - before.get(n, np.zeros(1))) for n in ours]
    where = max(gaps, key=lambda n: gaps[n])
    norm = float(np.linalg.norm(update))
    gap = float(np.linalg.norm(list(gaps.values())))
    if gap == 0.0:
        return where, 0.0
    return where, gap / norm if norm > 0 and np.isfinite(gap) else float("inf")
