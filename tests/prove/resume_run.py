"""A run as fwexp runs it, which also tells of every step and leaves its last state on disk."""

from pathlib import Path
from typing import Any

import numpy as np

from fwexp.processes.messages import Progress, Tell
from fwexp.runs import execute as module
from fwexp.store.store import Store
from fwexp.trainers.protocol import Recipe, Trainer

STATE = "state.npz"


def run(arguments: dict[str, Any], extra: dict[str, float], tell: Tell) -> None:
    made: list[Trainer] = []
    make_trainer = module.make_trainer

    def make(recipe: Recipe) -> Trainer:
        made.append(make_trainer(recipe))
        return made[0]

    def tell_step(_: Progress, step: int) -> None:
        tell({"event": "progress", "step": step})

    module.make_trainer = make
    Progress.step = tell_step  # type: ignore[method-assign]  # without it, five a second
    module.execute(arguments, extra, tell)
    np.savez(state_file(arguments), **made[0].state())  # type: ignore[arg-type]


def state_file(arguments: dict[str, Any]) -> Path:
    """Where the run that is so requested leaves its weights, buffers and optimizer slots."""
    store = Store(arguments["store"])
    return store.run(arguments["machine_class"], arguments["run_id"]) / STATE
