"""A trainer without a framework, and what it takes to execute a run in the test's own process."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fwexp.config.plain import to_plain
from fwexp.models.initialization import Weights
from fwexp.runs import execute as module
from fwexp.runs.execute import RunRequest, execute
from fwexp.store.record import Effective, RunRecord
from fwexp.store.run_folder import RunFolder
from fwexp.store.store import Store
from fwexp.tasks.task import Inputs
from fwexp.trainers.devices import requested
from fwexp.trainers.protocol import Batch, Observer, Recipe
from tests.tiny import tiny_plan

NUM_WRONG = 36  # of the 360 test samples


class StandIn:
    """The Trainer protocol, with whatever is to go wrong."""

    def __init__(
        self,
        recipe: Recipe,
        *,
        losses: dict[int, float] | None = None,
        during: dict[int | str, Callable[[], object]] | None = None,
        logits: float = 1.0,
        **effective: Any,
    ) -> None:
        self.recipe = recipe
        self.planted = losses or {}
        self.during = during or {}  # a step that is made (from 1), or "evaluation k" (from 0)
        self.num_evaluations = 0
        self.size = logits
        self.found = replace(requested(recipe.config), **effective)
        self.step_losses: list[float] = []
        self.num_made = 0  # steps, by whichever process: all the state that it has

    def fit(self, observer: Observer, *, first_step: int = 0) -> None:
        for step in range(first_step, len(self.recipe.order)):
            observer.before_step(step)
            self.num_made += 1
            self.during.get(step + 1, bool)()
            self.step_losses.append(self.planted.get(step + 1, 1.0 / self.num_made))
            observer.after_step(step)

    def losses(self) -> list[float]:
        return self.step_losses

    def save(self, folder: Path) -> None:
        (folder / "steps.txt").write_text(str(self.num_made))

    def restore(self, folder: Path) -> None:
        self.num_made = int((folder / "steps.txt").read_text())

    def predict(self, inputs: Inputs) -> NDArray[Any]:
        assert inputs is self.recipe.data.test.inputs
        self.during.get(f"evaluation {self.num_evaluations}", bool)()
        self.num_evaluations += 1
        logits = np.where(np.eye(10)[self.recipe.data.test.targets] > 0, self.size, 0.0)
        logits[:NUM_WRONG] = np.roll(logits[:NUM_WRONG], 1, axis=1)
        return logits

    def batches(self) -> Iterator[Batch]:
        raise NotImplementedError

    def drain(self, num_batches: int) -> float:
        return 0.001 * num_batches

    def state(self) -> Weights:
        made = np.full(1, self.num_made, dtype=np.float32)
        return {"made": made, "made/m": made / 2}

    def load_state(self, state: Weights, *, step: int | None = None) -> None:
        raise NotImplementedError

    def synchronize(self) -> None:
        pass

    def effective(self) -> Effective:
        return self.found


class Harness:
    """Executes the one run of a tiny plan by a stand-in trainer."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *overrides: str) -> None:
        self.monkeypatch = monkeypatch
        self.plan = tiny_plan(*overrides, in_store=folder)
        self.store = Store(folder)
        self.num_trainings = 0
        self.events: list[dict[str, Any]] = []
        self.give()

    @property
    def run_folder(self) -> RunFolder:
        (run,) = self.plan.runs
        return self.store.run(self.plan.machine_class, run.run_id)

    @property
    def folder(self) -> Path:
        return self.run_folder.path

    def give(self, **planted: Any) -> None:
        """From now on the trainer is the stand-in with these faults."""

        def make(recipe: Recipe) -> StandIn:
            self.num_trainings += 1
            return StandIn(recipe, **planted)

        self.monkeypatch.setattr(module, "make_trainer", make)

    def request(self, **changes: Any) -> dict[str, Any]:
        (run,) = self.plan.runs
        request = RunRequest(
            run_id=run.run_id,
            config=run.config,
            sources=run.sources,
            digests=run.digests,
            machine_class=self.plan.machine_class,
            commit="abc",
            store=str(self.store.path),
            replaces=None,
        )
        plain: dict[str, Any] = to_plain(request)
        return plain | changes

    def execute(self, *, replaces: str | None = None) -> RunRecord:
        extra = {"dispatched_at": time.monotonic(), "import_s": 3.0, "import_rss_mib": 400.0}
        execute(self.request(replaces=replaces), extra, self.events.append)
        return self.record()

    def record(self) -> RunRecord:
        record = self.store.read_record(self.plan.machine_class, self.plan.runs[0].run_id)
        assert record is not None
        return record
