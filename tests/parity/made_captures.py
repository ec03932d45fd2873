"""Captures that no framework made, and servers that hand them out."""

from pathlib import Path
from typing import Any, Self

import numpy as np

from fwexp.config.plain import from_plain
from fwexp.config.schema import Config
from fwexp.models.mlp.spec import Spec
from fwexp.models.registry import load_spec
from fwexp.parity.pair import NUM_STEPS
from fwexp.store.array_file import ArrayWriter

SPEC = Spec(image_shape=(2, 2, 1), num_classes=3, width=2, depth=1)
ARRAYS = ("x", "targets")  # of a batch
Capture = dict[str, Any]


def made_capture(spec: Any = SPEC) -> Capture:
    """A capture of a model of this spec, trained by Adam."""
    rng = np.random.default_rng(0)
    shapes = {name: v.shape for name, v in spec.variables().items()}
    made: Capture = {f"initial/{name}": rng.normal(size=s) for name, s in shapes.items()}
    made |= {f"batch/{k}/{name}": np.array(["(2,)", "crc 0"]) for k in (1, 2) for name in ARRAYS}
    for dtype in ("float32", "float64"):
        made |= {f"{dtype}/block/{b}": rng.normal(size=(4, 3)) for b in spec.blocks()}
        made |= {f"{dtype}/evaluation": rng.normal(size=(4, 3)), f"{dtype}/loss": np.array(2.3)}
        made |= {f"{dtype}/gradient/{n}": rng.normal(size=s) for n, s in shapes.items()}
    for step in range(NUM_STEPS + 1):
        made |= {f"state/{step}/{n}": rng.normal(size=s) for n, s in shapes.items()}
        made |= {f"state/{step}/{n}/m": rng.normal(size=s) for n, s in shapes.items() if step}
    made |= {name: rng.normal(size=(4, 3)) for name in ("evaluation after", "first evaluation")}
    made |= {"losses": rng.uniform(1, 2, NUM_STEPS), "least": np.array(1e-6)}
    return made | _as_a_run(rng) | _mixed(spec, rng)


def _as_a_run(rng: np.random.Generator) -> Capture:
    """Free steps, and those that one rounding sets apart; evaluations between them."""
    losses, outputs = rng.uniform(1, 2, 6), rng.normal(size=(4, 3))
    made: Capture = {}
    for kind, size in (("free", 0.0), ("apart", 1e-6)):
        made[f"{kind}/losses"] = losses * (1 + size)
        for place in ("evaluation/2/slice", "again/2/slice", "evaluation/4/test set"):
            made[f"{kind}/{place}"] = outputs * (1 + size)
    return made


def _mixed(spec: Any, rng: np.random.Generator) -> Capture:
    """One batch at bf16, a hundredth from float32."""
    made: Capture = {}
    for name in ("evaluation", "loss", *(f"gradient/{n}" for n in spec.variables())):
        exact = rng.normal(size=(4, 3))
        made |= {f"float32/{name}": exact, f"mixed/{name}": exact * 1.01}
    return made


class MadeServers:
    """Stands in for the warm servers: both frameworks' captures are equal."""

    def __getitem__(self, framework: str) -> Self:
        return self

    def call(self, _: str, arguments: dict[str, Any], *, log: Path, **__: Any) -> int:
        config = from_plain(arguments["config"], Config)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
        with ArrayWriter(Path(arguments["to"])) as file:
            file.add(made_capture(load_spec(config.model, config.data)))
        return 0
