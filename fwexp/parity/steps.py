"""The stages of the locked steps: one optimizer step at a time, from equal states."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.models.spec import Spec
from fwexp.parity.capture import NUM_STEPS, state_of
from fwexp.parity.comparing import FLOAT64_TOLERANCE, ROUNDING, Side, worst
from fwexp.store.certificate import Stage

STEP_STAGES = {  # and what is wrong when one fails
    "optimizer steps": "equal gradients, another update",
    "optimizer state": "the optimizers remember other values",
    "statistics": "the running statistics move otherwise",
}


def step_stages(torch: Side, keras: Side, spec: Spec) -> list[Stage]:
    """Twenty locked steps: the weights' update, the optimizer's slots, the running statistics."""
    trainable = {name: v.trainable for name, v in spec.variables().items()}
    kinds: dict[str, dict[str, float]] = {kind: {} for kind in STEP_STAGES}
    before = state_of(torch, 0)
    for step in range(NUM_STEPS):
        ours, theirs = state_of(torch, step + 1), state_of(keras, step + 1)
        groups = {
            "optimizer steps": [n for n in ours if trainable.get(n) is True],
            "optimizer state": [n for n in ours if "/" in n],
            "statistics": [n for n in ours if trainable.get(n) is False],
        }
        for kind, names in groups.items():
            if names:
                exempt = _without_gradient(ours) if kind == "optimizer steps" else {}
                where, difference = _update_difference(names, before, ours, theirs, exempt)
                kinds[kind][f"step {step + 1}, {where}"] = difference
        before = ours
    return [
        worst(kind, differences, FLOAT64_TOLERANCE, STEP_STAGES[kind])
        for kind, differences in kinds.items()
        if differences
    ]


def _without_gradient(state: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.bool_]]:
    """Where a weight's gradient is zero but for rounding, which Adam alone blows up to a step.

    Such is a shift before a norm that takes it out again. Adam's first moment says where; it is
    itself compared, whole, as optimizer state.
    """
    moments = {n.removesuffix("/m"): np.abs(m) for n, m in state.items() if n.endswith("/m")}
    largest = max((float(m.max()) for m in moments.values()), default=0.0)
    return {name: moment < ROUNDING * largest for name, moment in moments.items()}


def _update_difference(
    names: list[str],
    before: Mapping[str, NDArray[Any]],
    ours: Mapping[str, NDArray[Any]],
    theirs: Mapping[str, NDArray[Any]],
    exempt: Mapping[str, NDArray[np.bool_]],
) -> tuple[str, float]:
    """The relative norm of the whole update's difference, and the variable that has most of it."""

    def norm_of(name: str, difference: NDArray[Any]) -> float:
        return float(np.linalg.norm(np.where(exempt.get(name, False), 0.0, difference)))

    if missing := [n for n in names if n not in theirs]:
        return missing[0], float("inf")
    gaps = {n: norm_of(n, theirs[n] - ours[n]) for n in names}
    update = [norm_of(n, ours[n] - before.get(n, np.zeros(1))) for n in names]
    where = max(gaps, key=lambda n: gaps[n])
    norm = float(np.linalg.norm(update))
    gap = float(np.linalg.norm(list(gaps.values())))
    if gap == 0.0:
        return where, 0.0
    return where, gap / norm if norm > 0 and np.isfinite(gap) else float("inf")
