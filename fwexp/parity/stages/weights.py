"""Whether a run has the spec's parameters in both frameworks, and starts from the same weights."""

from fwexp.parity.comparing import exact
from fwexp.parity.pair import Pair, under
from fwexp.store.certificate import Stage


def parameters(pair: Pair) -> Stage:
    """Names and shapes, each implementation's against the spec's."""
    wanted = {name: v.shape for name, v in pair.spec.variables().items()}
    for file, capture in (("torch.py", pair.torch), ("keras.py", pair.keras)):
        found = {name: capture[path].shape for name, path in under("initial/", capture).items()}
        for name in sorted(wanted.keys() | found.keys()):
            if wanted.get(name) != found.get(name):
                detail = f"spec.py says {wanted.get(name)}, {file} has {found.get(name)}"
                return exact("parameters", name, detail)
    return exact("parameters")


def initial_weights(pair: Pair) -> Stage:
    """Their bytes."""
    for name, path in under("initial/", pair.torch).items():
        if pair.torch[path].tobytes() != pair.keras[path].tobytes():
            return exact("initial weights", name, "runs would start from different weights")
    return exact("initial weights")
