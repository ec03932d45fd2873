"""The stages of a certificate: each compares torch's arrays with Keras's, and passes or fails."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.models.spec import Spec
from fwexp.parity.comparing import (
    FLOAT32_TOLERANCE,
    FLOAT64_TOLERANCE,
    ROUNDING,
    Side,
    exact,
    relative,
    worst,
)
from fwexp.parity.steps import STEP_STAGES, step_stages
from fwexp.store.certificate import Stage

NOTHING = np.array(["nothing"])  # where a pipeline has no such batch
ANOTHER_LOSS = "equal logits, another loss"

OF_STAND_IN = ("loss", *STEP_STAGES, "evaluation after training")


def numeric_stages(torch: Side, keras: Side, spec: Spec) -> list[Stage]:
    """Every stage up to the first whose failure leaves nothing to compare after it."""
    stages = _exact_stages(torch, keras, spec)
    if not all(s.passed for s in stages):
        return stages
    if diverged := _diverged(torch, keras):
        before = [_forward(torch, keras, spec), _gradients(torch, keras)]
        return [*stages, *before, diverged, _forward_in_float32(torch, keras, spec)]
    return [
        *stages,
        _forward(torch, keras, spec),
        _loss(torch, keras),
        _gradients(torch, keras),
        *step_stages(torch, keras, spec),
        _evaluation(torch, keras),
        _forward_in_float32(torch, keras, spec),
    ]


def full_size_stages(torch: Side, keras: Side, spec: Spec) -> list[Stage]:
    """The same of a model that has a stand-in: without the steps and what follows from them."""
    stages = _exact_stages(torch, keras, spec)
    if not all(s.passed for s in stages):
        return stages
    return [
        *stages,
        _forward(torch, keras, spec),
        worst("loss", _differentiated_loss(torch, keras), FLOAT64_TOLERANCE, ANOTHER_LOSS),
        _gradients(torch, keras),
        _forward_in_float32(torch, keras, spec),
    ]


def taken_from_stand_in(stages: list[Stage], name: str) -> list[Stage]:
    """Of a stand-in's stages those that its full-size model lacks, and any that failed."""
    kept = [s for s in stages if s.name in OF_STAND_IN or not s.passed]
    return [replace(stage, name=f"{stage.name}, of {name}") for stage in kept]


def _exact_stages(torch: Side, keras: Side, spec: Spec) -> list[Stage]:
    stages = [_data(torch, keras), _parameters(torch, keras, spec)]
    if not all(s.passed for s in stages):
        return stages
    return [*stages, _initial_weights(torch, keras), _shapes(torch, keras, spec)]


def dtype_stages(torch: Side, keras: Side, spec: Spec) -> list[Stage]:
    """At a mixed precision: every block puts out the same dtype in both."""
    for block in spec.blocks():
        if str(torch[block]) != str(keras[block]):
            detail = f"torch puts out {torch[block]}, Keras {keras[block]}"
            return [exact("dtypes", block, detail)]
    return [exact("dtypes")]


def _under(prefix: str, arrays: Side) -> dict[str, str]:
    """The names after this prefix, each with the whole one; a large model's arrays are looked at
    one by one."""
    return {name.removeprefix(prefix): name for name in arrays if name.startswith(prefix)}


def _data(torch: Side, keras: Side) -> Stage:
    names = {**_under("batch/", torch), **_under("batch/", keras)}
    for name in sorted(names, key=lambda n: (int(n.split("/")[0]), n)):
        ours, theirs = (" ".join(side.get(names[name], NOTHING)) for side in (torch, keras))
        if ours != theirs:
            return exact(
                "data", f"batch {name}", f"torch's pipeline gives {ours}, Keras's {theirs}"
            )
    return exact("data")


def _parameters(torch: Side, keras: Side, spec: Spec) -> Stage:
    wanted = {name: v.shape for name, v in spec.variables().items()}
    for side, arrays in (("torch.py", torch), ("keras.py", keras)):
        found = {name: arrays[path].shape for name, path in _under("initial/", arrays).items()}
        for name in sorted(wanted.keys() | found.keys()):
            if wanted.get(name) != found.get(name):
                detail = f"spec.py says {wanted.get(name)}, {side} has {found.get(name)}"
                return exact("parameters", name, detail)
    return exact("parameters")


def _initial_weights(torch: Side, keras: Side) -> Stage:
    for name, path in _under("initial/", torch).items():
        if torch[path].tobytes() != keras[path].tobytes():
            return exact("initial weights", name, "runs would start from other weights")
    return exact("initial weights")


def _shapes(torch: Side, keras: Side, spec: Spec) -> Stage:
    for block in spec.blocks():
        ours, theirs = (side[f"float64/block/{block}"].shape for side in (torch, keras))
        if ours != theirs:
            return exact("shapes", block, f"torch puts out {ours}, Keras {theirs}")
    return exact("shapes")


def _outputs(dtype: str, spec: Spec) -> dict[str, str]:
    blocks = {block: f"{dtype}/block/{block}" for block in spec.blocks()}
    return {**blocks, "evaluation": f"{dtype}/evaluation"}


def _forward(torch: Side, keras: Side, spec: Spec) -> Stage:
    keys = _outputs("float64", spec)
    differences = {where: relative(torch[key], keras[key]) for where, key in keys.items()}
    return worst("forward", differences, FLOAT64_TOLERANCE, "the first block whose outputs differ")


def _forward_in_float32(torch: Side, keras: Side, spec: Spec) -> Stage:
    """The same, and the whole test set as a run evaluates it before its first step."""
    keys = {**_outputs("float32", spec), "a run's first evaluation": "first evaluation"}
    differences = {where: relative(torch[key], keras[key]) for where, key in keys.items()}
    detail = "the first block whose outputs differ, though not in float64"
    return worst("forward in float32", differences, FLOAT32_TOLERANCE, detail)


def _loss(torch: Side, keras: Side) -> Stage:
    """The loss that is differentiated, then the one that `fit` reports of each step."""
    differences = _differentiated_loss(torch, keras)
    ours, theirs = torch["losses"], keras["losses"]
    if ours.shape != theirs.shape:
        detail = f"torch's fit took {len(ours)} steps, Keras's {len(theirs)}"
        return exact("loss", "the number of steps", detail)
    for step, (our, their) in enumerate(zip(ours, theirs, strict=True), start=1):
        differences[f"reported at step {step}"] = relative(our, their)
    return worst("loss", differences, FLOAT64_TOLERANCE, ANOTHER_LOSS)


def _diverged(torch: Side, keras: Side) -> Stage | None:
    """Where both sides' loss becomes no number at one step, having agreed until then: what comes
    after it cannot be compared, but the implementations are not to blame."""
    ours, theirs = torch["losses"], keras["losses"]
    if ours.shape != theirs.shape:
        return None
    lost = ~np.isfinite(ours)
    step = int(np.argmax(lost))
    # one by one: the norm of what is about to diverge would overflow
    agreed = np.allclose(ours[:step], theirs[:step], rtol=FLOAT64_TOLERANCE, atol=0.0)
    (at_first,) = _differentiated_loss(torch, keras).values()
    if not lost.any() or np.isfinite(theirs[step]) or not agreed or at_first > FLOAT64_TOLERANCE:
        return None
    detail = (
        f"training diverged: the loss is {ours[step]:g} at step {step + 1}; "
        "try a smaller optimizer.learning_rate"
    )
    return exact("training", f"step {step + 1}", detail)


def _differentiated_loss(torch: Side, keras: Side) -> dict[str, float]:
    return {"loss": relative(torch["float64/loss"], keras["float64/loss"])}


def _gradients(torch: Side, keras: Side) -> Stage:
    ours, theirs = (_under("float64/gradient/", side) for side in (torch, keras))
    if ours.keys() != theirs.keys():
        name = sorted(ours.keys() ^ theirs.keys())[0]
        side = "torch's" if name in ours else "Keras's"
        return exact("gradients", name, f"only {side} loss depends on it")
    whole = float(np.linalg.norm([np.linalg.norm(torch[path]) for path in ours.values()]))
    differences = {n: _gradient_difference(torch[p], keras[p], whole) for n, p in ours.items()}
    detail = "the first weight whose gradient differs"
    return worst("gradients", differences, FLOAT64_TOLERANCE, detail)


def _gradient_difference(ours: NDArray[Any], theirs: NDArray[Any], whole: float) -> float:
    """Relative to the gradient itself, or to the whole one where it is zero but for rounding."""
    if float(np.linalg.norm(ours)) < ROUNDING * whole and ours.shape == theirs.shape:
        return float(np.linalg.norm(theirs - ours)) / whole
    return relative(ours, theirs)


def _evaluation(torch: Side, keras: Side) -> Stage:
    difference = relative(torch["evaluation after"], keras["evaluation after"])
    return worst(
        "evaluation after training",
        {"logits": difference},
        FLOAT64_TOLERANCE,
        "equal states, other logits in evaluation mode",
    )
