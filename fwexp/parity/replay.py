"""Replay the audited steps of one framework's runs in the other, in a process of its own."""

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from fwexp.config.plain import from_plain
from fwexp.config.schema import Config
from fwexp.data import dataset
from fwexp.files import write_json
from fwexp.models.initialization import Weights
from fwexp.models.spec import Spec
from fwexp.parity.pair import under
from fwexp.parity.rounding import FACTOR, apart, bound
from fwexp.processes.locks import device_lock, hold
from fwexp.processes.messages import Tell
from fwexp.runs.recipe import make_recipe
from fwexp.store.array_file import ArrayFile, ArrayWriter
from fwexp.store.audit import Check
from fwexp.store.record import Evaluation
from fwexp.store.run_folder import RunFolder
from fwexp.trainers.protocol import Recipe, Trainer
from fwexp.trainers.registry import make_trainer
from fwexp.trainers.replicas import on_one_device

STATISTICS = "statistics"


@dataclass(frozen=True, kw_only=True)
class Request:
    config: Config  # the workload's, for the framework that replays
    folders: list[str]  # of the other framework's runs
    to: str


@dataclass(kw_only=True)
class Replays:
    checks: dict[str, list[Check]] = field(default_factory=dict)  # by run id


def replay(arguments: dict[str, Any], _: dict[str, float], __: Tell) -> None:
    """Write the checks of every run to `to`."""
    request = from_plain(arguments, Request)
    config = on_one_device(request.config)
    with hold(device_lock(config.hardware)):  # a timed run of another driver may have it
        runs = [_Run.read(folder, config) for folder in request.folders]
        write_json(Path(request.to), Replays(checks=_checks(runs)))


@dataclass(frozen=True, kw_only=True)
class _Run:
    """A run of the other framework, and the recipe of the same run in this one."""

    folder: RunFolder
    recipe: Recipe
    losses: list[float]
    evaluations: dict[int, Evaluation]  # by step

    @classmethod
    def read(cls, folder: str, config: Config) -> "_Run":
        there = RunFolder(Path(folder))
        record, history = there.read_record(), there.read_history()
        assert record
        assert history
        config = replace(config, seed=record.config.seed)
        return cls(
            folder=there,
            recipe=make_recipe(config, dataset.load(config.data)),
            losses=history.loss,
            evaluations={evaluation.step: evaluation for evaluation in record.evaluations},
        )


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One step to replay."""

    run: _Run
    step: int  # of the run, from 0

    def before(self) -> Weights:
        return read_state(self.run.folder.samples.before(self.step))

    def update(self) -> Weights:
        """What the run itself made of it."""
        return _update(self.before(), read_state(self.run.folder.samples.after(self.step)))


def _checks(runs: list[_Run]) -> dict[str, list[Check]]:
    first = runs[0].recipe
    steps = [_Step(run=run, step=step) for run in runs for step in run.folder.samples.steps()]
    found: dict[str, list[Check]] = {run.folder.run_id: [] for run in runs}
    trainer = None
    if steps:
        order = np.stack([step.run.recipe.order[step.step] for step in steps])
        with tempfile.TemporaryDirectory() as scratch:
            exact = _replay_exactly(replace(first, order=order), steps, Path(scratch) / "exact.npz")
            trainer = make_trainer(replace(first, order=order))
            with ArrayFile(exact.updates) as updates:
                replayer = _Replayer(trainer, steps, updates)
                trainer.fit(replayer)
        losses = zip(trainer.losses(), exact.losses, strict=True)
        for step, checks, (ours, true) in zip(steps, replayer.checks, losses, strict=True):
            found[step.run.folder.run_id] += [*checks, _compare_loss(step, ours, true)]
    trainer = trainer or make_trainer(first)
    for run in runs:
        found[run.folder.run_id] += _scores(trainer, run)
    return found


@dataclass(frozen=True, kw_only=True)
class _Exact:
    """The steps in float64, which show how far this framework itself is off at its precision."""

    updates: Path
    losses: list[float]


def _replay_exactly(recipe: Recipe, steps: list[_Step], to: Path) -> _Exact:
    trainer = make_trainer(replace(recipe, dtype="float64"))
    with ArrayWriter(to) as file:
        trainer.fit(_Writer(trainer, steps, file))
    return _Exact(updates=to, losses=trainer.losses())


class _Each:
    """Puts each step's state before it into the trainer."""

    def __init__(self, trainer: Trainer, steps: list[_Step]) -> None:
        self.trainer = trainer
        self.steps = steps

    def before_step(self, step: int) -> None:
        self._before = self.steps[step].before()
        self.trainer.load_state(self._before, step=self.steps[step].step)

    def update(self) -> Weights:
        """What the step has just made of it."""
        return _update(self._before, self.trainer.state())


class _Writer(_Each):
    """Keeps the updates in a file: those of many runs would not fit in memory."""

    def __init__(self, trainer: Trainer, steps: list[_Step], file: ArrayWriter) -> None:
        super().__init__(trainer, steps)
        self.file = file

    def after_step(self, step: int) -> None:
        self.file.add(self.update(), under=str(step))


class _Replayer(_Each):
    """Compares the updates with the run's."""

    def __init__(self, trainer: Trainer, steps: list[_Step], exact: ArrayFile) -> None:
        super().__init__(trainer, steps)
        self.exact = exact
        self.checks: list[list[Check]] = []

    def after_step(self, step: int) -> None:
        paths = under(f"{step}/", self.exact)
        exact = {name: self.exact[path] for name, path in paths.items()}
        self.checks.append(list(_compare(self.steps[step], self.update(), exact)))


def _update(before: Weights, after: Weights) -> Weights:
    """What a step added; a slot that was not there yet was zero."""
    return {name: array.astype(np.float64) - before.get(name, 0.0) for name, array in after.items()}


def _compare(step: _Step, ours: Weights, exact: Weights) -> Iterator[Check]:
    """The run's update with ours, by how far ours is from the exact one."""
    config, theirs = step.run.recipe.config, step.update()
    for what, names in _kinds(step.run.recipe.spec, list(ours)).items():
        gaps = {name: _norm(theirs.get(name, np.inf) - ours[name]) for name in names}
        size = math.hypot(*(_norm(exact[name]) for name in names))
        noise = math.hypot(*(_norm(exact[name] - ours[name]) for name in names))
        yield Check(
            what=what,
            step=step.step + 1,
            difference=_share(math.hypot(*gaps.values()), size),
            bound=bound(_share(noise, size), config, over_samples=what == STATISTICS),
            where=max(gaps, key=lambda name: gaps[name]),
        )


def _compare_loss(step: _Step, ours: float, exact: float) -> Check:
    """In units of the run's first loss: a small one has lost digits in the softmax."""
    losses = step.run.losses
    unit = max(abs(losses[0]), abs(exact))
    return Check(
        what="loss",
        step=step.step + 1,
        difference=abs(losses[step.step] - ours) / unit,
        bound=bound(abs(exact - ours) / unit, step.run.recipe.config),
    )


def _kinds(spec: Spec, names: list[str]) -> dict[str, list[str]]:
    """The state's arrays by what they are."""
    variables = spec.variables()
    kinds: dict[str, list[str]] = {}
    for name in names:
        trains = name in variables and variables[name].trainable
        kind = "optimizer state" if "/" in name else "weights" if trains else STATISTICS
        kinds.setdefault(kind, []).append(name)
    return kinds


def _norm(array: Any) -> float:
    return float(np.linalg.norm(np.ravel(array)))


def _share(part: float, whole: float) -> float:
    if part == 0.0:
        return 0.0
    return part / whole if whole > 0 else float("inf")


def read_state(path: Path) -> Weights:
    with ArrayFile(path) as file:
        return dict(file)


def _scores(trainer: Trainer, run: _Run) -> Iterator[Check]:
    """The scores of the run's final weights, and of those at audited steps right after another
    evaluation."""
    samples, last = run.folder.samples, max(run.evaluations)
    states = {step: samples.before(step) for step in samples.steps() if step in run.evaluations}
    if samples.final.exists():
        states[last] = samples.final
    for step, path in states.items():
        yield from _compare_scores(trainer, run, step, read_state(path))


def _compare_scores(trainer: Trainer, run: _Run, step: int, state: Weights) -> Iterator[Check]:
    config, own = run.recipe.config, run.evaluations[step].scores
    ours = _evaluate(trainer, run.recipe, state)
    # A sample or two may be on the edge between two classes, or ranks.
    edges = {name: 0.0 if name == "loss" else 2 / len(run.recipe.data.test) for name in own}
    first = run.evaluations[min(run.evaluations)].scores
    units = {name: max(abs(ours[name]), abs(first[name])) for name in own}
    bounds = {name: bound(0.0, config) * units[name] + edges[name] for name in own}
    if any(not abs(own[name] - ours[name]) <= bounds[name] for name in own):  # only then
        moved = _evaluate(trainer, run.recipe, apart(state, config))
        bounds |= {name: FACTOR * abs(moved[name] - ours[name]) + bounds[name] for name in bounds}
    for name, score in own.items():
        difference = abs(score - ours[name])
        yield Check(what=name, step=step, difference=difference, bound=bounds[name])


def _evaluate(trainer: Trainer, recipe: Recipe, state: Weights) -> dict[str, float]:
    weights = {name: array for name, array in state.items() if "/" not in name}
    trainer.load_state(weights)
    return recipe.task.evaluate(trainer.predict, recipe.data)
