"""What two captures hold, and how the stages look at them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from fwexp.models.initialization import Weights
from fwexp.models.spec import Spec

NUM_STEPS = 20  # locked
WITHOUT_STEPS = ("run", "outputs", "gradients")
PARTS = {  # by the kind of capture
    "numbers": (*WITHOUT_STEPS, "steps"),
    "stand-in": (*WITHOUT_STEPS, "steps"),
    "full size": WITHOUT_STEPS,
    "dtypes": ("dtypes", "mixed"),
    "run": ("free",),
    "drift": ("drift",),
}

Capture = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The torch capture and the Keras capture of a model with this spec."""

    torch: Capture
    keras: Capture
    spec: Spec


def state_of(capture: Capture, step: int) -> Weights:
    """The state before step `step`: weights, statistics and optimizer slots."""
    return {name: capture[path] for name, path in under(f"state/{step}/", capture).items()}


def under(prefix: str, capture: Capture) -> dict[str, str]:
    """The names after this prefix, each with its whole path; a large model's arrays are read one
    by one."""
    return {name.removeprefix(prefix): name for name in capture if name.startswith(prefix)}
