"""A run as fwexp runs it, which also tells of every step and leaves its last state on disk."""

from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from fwexp.config.plain import from_plain
from fwexp.processes.messages import Progress, Tell
from fwexp.runs import execute as module
from fwexp.runs.execute import RunRequest
from fwexp.trainers.protocol import Recipe, Trainer
from fwexp.trainers.registry import make_trainer

STATE = "state.npz"


def run(arguments: dict[str, Any], extra: dict[str, float], tell: Tell) -> None:
    made: list[Trainer] = []

    def make(recipe: Recipe) -> Trainer:
        made.append(make_trainer(recipe))
        return made[0]

    def format_step(_: Progress, step: int) -> None:  # the real one tells at most five a second
        tell({"event": "progress", "step": step})

    with (
        mock.patch.object(module, "make_trainer", make),
        mock.patch.object(Progress, "step", format_step),
    ):
        module.execute(arguments, extra, tell)
    file = state_file(from_plain(arguments, RunRequest))
    np.savez(file, **made[0].state())  # type: ignore[arg-type]


def state_file(request: RunRequest) -> Path:
    """Where the run that is so requested leaves its weights, buffers and optimizer slots."""
    return request.folder.path / STATE
