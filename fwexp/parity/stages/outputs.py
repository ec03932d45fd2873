"""Whether every block's output is the same: its shape, its numbers, its dtype."""

from fwexp.models.spec import Spec
from fwexp.parity.comparing import FLOAT32_TOLERANCE, FLOAT64_TOLERANCE, exact, relative, worst
from fwexp.parity.pair import Pair
from fwexp.store.certificate import Stage


def shapes(pair: Pair) -> Stage:
    """Every block's, in float64."""
    for block in pair.spec.blocks():
        ours, theirs = (c[f"float64/block/{block}"].shape for c in (pair.torch, pair.keras))
        if ours != theirs:
            return exact("shapes", block, f"torch outputs {ours}, Keras {theirs}")
    return exact("shapes")


def forward(pair: Pair) -> Stage:
    """Every block's output and the evaluation, in float64."""
    differences = _differences(pair, _outputs("float64", pair.spec))
    return worst("forward", differences, FLOAT64_TOLERANCE, "the first block whose outputs differ")


def forward_in_float32(pair: Pair) -> Stage:
    """The same, and the whole test set as a run evaluates it before its first step."""
    paths = {**_outputs("float32", pair.spec), "a run's first evaluation": "first evaluation"}
    detail = "the first block whose outputs differ, though not in float64"
    return worst("forward in float32", _differences(pair, paths), FLOAT32_TOLERANCE, detail)


def dtypes(pair: Pair) -> Stage:
    """Every block's at a mixed precision."""
    for block in pair.spec.blocks():
        ours, theirs = str(pair.torch[block]), str(pair.keras[block])
        if ours != theirs:
            return exact("dtypes", block, f"torch outputs {ours}, Keras {theirs}")
    return exact("dtypes")


def _outputs(dtype: str, spec: Spec) -> dict[str, str]:
    blocks = {block: f"{dtype}/block/{block}" for block in spec.blocks()}
    return {**blocks, "evaluation": f"{dtype}/evaluation"}


def _differences(pair: Pair, paths: dict[str, str]) -> dict[str, float]:
    return {where: relative(pair.torch[p], pair.keras[p]) for where, p in paths.items()}
