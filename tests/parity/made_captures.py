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
    return made | {"losses": rng.uniform(1, 2, NUM_STEPS)}


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
