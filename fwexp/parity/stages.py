"""The stages of a certificate: each compares torch's arrays with Keras's, and passes or fails."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.models.spec import Spec
from fwexp.parity.certificate import Stage
from fwexp.parity.side import NUM_STEPS, state_of

FLOAT64_TOLERANCE = 1e-10  # relative norm; float32 anywhere inside shows at 1e-9 and above
FLOAT32_TOLERANCE = 1e-4  # relative norm of outputs: some hundred roundings of 6e-8, and cancelling
ROUNDING = 1e-12  # of the largest gradient: what is below is rounding, in float64

STEP_STAGES = {  # and what is wrong when one fails
    "optimizer steps": "equal gradients, another update",
    "optimizer state": "the optimizers remember other values",
    "statistics": "the running statistics move otherwise",
}

Side = Mapping[str, NDArray[Any]]


def numeric_stages(torch: Side, keras: Side, spec: Spec) -> list[Stage]:
    """Every stage up to the first whose failure leaves nothing to compare after it."""
    stages = [_data(torch, keras), _parameters(torch, keras, spec)]
    if not all(s.passed for s in stages):
        return stages
    stages += [_initial_weights(torch, keras), _shapes(torch, keras, spec)]
    if not all(s.passed for s in stages):
        return stages
    return [
        *stages,
        _forward(torch, keras, spec),
        _loss(torch, keras),
        _gradients(torch, keras),
        *_steps(torch, keras, spec),
        _evaluation(torch, keras),
        _forward_in_float32(torch, keras, spec),
    ]


def dtype_stage(torch: Side, keras: Side, spec: Spec) -> Stage:
    """At a mixed precision: every block puts out the same dtype in both."""
    for block in spec.blocks():
        if str(torch[block]) != str(keras[block]):
            detail = f"torch puts out {torch[block]}, Keras {keras[block]}"
            return _exact("dtypes", block, detail)
    return _exact("dtypes")


def _under(prefix: str, arrays: Side) -> dict[str, NDArray[Any]]:
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def relative(reference: NDArray[Any], other: NDArray[Any]) -> float:
    """‖other − reference‖ / ‖reference‖, infinite when it is no number or the shapes differ."""
    if reference.shape != other.shape:
        return float("inf")
    difference = float(np.linalg.norm(np.ravel(other - reference)))
    norm = float(np.linalg.norm(np.ravel(reference)))
    if difference == 0.0:
        return 0.0
    return difference / norm if norm > 0 and np.isfinite(difference) else float("inf")


def _exact(name: str, where: str = "", detail: str = "") -> Stage:
    return Stage(
        name=name,
        passed=not where,
        difference=float("inf") if where else 0.0,
        tolerance=0.0,
        where=where,
        detail=detail,
    )


def _worst(name: str, differences: dict[str, float], tolerance: float, detail: str = "") -> Stage:
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


def _data(torch: Side, keras: Side) -> Stage:
    batches = _under("batch/", torch), _under("batch/", keras)
    for name in sorted({*batches[0], *batches[1]}, key=lambda n: (int(n.split("/")[0]), n)):
        ours, theirs = (" ".join(side.get(name, ["nothing"])) for side in batches)
        if ours != theirs:
            return _exact(
                "data", f"batch {name}", f"torch's pipeline gives {ours}, Keras's {theirs}"
            )
    return _exact("data")


def _parameters(torch: Side, keras: Side, spec: Spec) -> Stage:
    wanted = {name: v.shape for name, v in spec.variables().items()}
    for side, arrays in (("torch.py", torch), ("keras.py", keras)):
        found = {name: array.shape for name, array in _under("initial/", arrays).items()}
        for name in sorted(wanted.keys() | found.keys()):
            if wanted.get(name) != found.get(name):
                detail = f"spec.py says {wanted.get(name)}, {side} has {found.get(name)}"
                return _exact("parameters", name, detail)
    return _exact("parameters")


def _initial_weights(torch: Side, keras: Side) -> Stage:
    theirs = _under("initial/", keras)
    for name, weights in _under("initial/", torch).items():
        if weights.tobytes() != theirs[name].tobytes():
            return _exact("initial weights", name, "runs would start from other weights")
    return _exact("initial weights")


def _shapes(torch: Side, keras: Side, spec: Spec) -> Stage:
    for block in spec.blocks():
        ours, theirs = (side[f"float64/block/{block}"].shape for side in (torch, keras))
        if ours != theirs:
            return _exact("shapes", block, f"torch puts out {ours}, Keras {theirs}")
    return _exact("shapes")


def _outputs(dtype: str, spec: Spec) -> dict[str, str]:
    blocks = {block: f"{dtype}/block/{block}" for block in spec.blocks()}
    return {**blocks, "evaluation": f"{dtype}/evaluation"}


def _forward(torch: Side, keras: Side, spec: Spec) -> Stage:
    keys = _outputs("float64", spec)
    differences = {where: relative(torch[key], keras[key]) for where, key in keys.items()}
    return _worst("forward", differences, FLOAT64_TOLERANCE, "the first block whose outputs differ")


def _forward_in_float32(torch: Side, keras: Side, spec: Spec) -> Stage:
    """The same, and the whole test set as a run evaluates it before its first step."""
    keys = {**_outputs("float32", spec), "a run's first evaluation": "first evaluation"}
    differences = {where: relative(torch[key], keras[key]) for where, key in keys.items()}
    detail = "the first block whose outputs differ, though not in float64"
    return _worst("forward in float32", differences, FLOAT32_TOLERANCE, detail)


def _loss(torch: Side, keras: Side) -> Stage:
    """The loss that is differentiated, then the one that `fit` reports of each step."""
    differences = {"loss": relative(torch["float64/loss"], keras["float64/loss"])}
    ours, theirs = torch["losses"], keras["losses"]
    if ours.shape != theirs.shape:
        detail = f"torch's fit took {len(ours)} steps, Keras's {len(theirs)}"
        return _exact("loss", "the number of steps", detail)
    for step, (our, their) in enumerate(zip(ours, theirs, strict=True), start=1):
        differences[f"reported at step {step}"] = relative(our, their)
    return _worst("loss", differences, FLOAT64_TOLERANCE, "equal logits, another loss")


def _gradients(torch: Side, keras: Side) -> Stage:
    ours, theirs = (_under("float64/gradient/", side) for side in (torch, keras))
    if ours.keys() != theirs.keys():
        name = sorted(ours.keys() ^ theirs.keys())[0]
        side = "torch's" if name in ours else "Keras's"
        return _exact("gradients", name, f"only {side} loss depends on it")
    whole = float(np.linalg.norm([np.linalg.norm(gradient) for gradient in ours.values()]))
    differences = {n: _gradient_difference(ours[n], theirs[n], whole) for n in ours}
    detail = "the first weight whose gradient differs"
    return _worst("gradients", differences, FLOAT64_TOLERANCE, detail)


def _gradient_difference(ours: NDArray[Any], theirs: NDArray[Any], whole: float) -> float:
    """Relative to the gradient itself, or to the whole one where it is zero but for rounding."""
    if float(np.linalg.norm(ours)) < ROUNDING * whole and ours.shape == theirs.shape:
        return float(np.linalg.norm(theirs - ours)) / whole
    return relative(ours, theirs)


def _steps(torch: Side, keras: Side, spec: Spec) -> list[Stage]:
    """Twenty locked steps: the weights' update, the optimizer's slots, the running statistics."""
    trainable = {name: v.trainable for name, v in spec.variables().items()}
    kinds: dict[str, dict[str, float]] = {kind: {} for kind in STEP_STAGES}
    for step in range(NUM_STEPS):
        before = state_of(torch, step)
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
    return [
        _worst(kind, differences, FLOAT64_TOLERANCE, STEP_STAGES[kind])
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


def _evaluation(torch: Side, keras: Side) -> Stage:
    difference = relative(torch["evaluation after"], keras["evaluation after"])
    return _worst(
        "evaluation after training",
        {"logits": difference},
        FLOAT64_TOLERANCE,
        "equal states, other logits in evaluation mode",
    )
