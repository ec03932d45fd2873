"""The parts of a capture: what a framework does, as arrays.

Each builds through the registry and trains through the trainer's `fit`, as a run does.
"""

import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Config, Precision, Schedule
from fwexp.data.dataset import DataSet
from fwexp.models.initialization import generic_weights
from fwexp.parity.pair import NUM_STEPS, state_of
from fwexp.parity.rounding import apart, least
from fwexp.runs.recipe import make_recipe
from fwexp.store.array_file import ArrayFile, ArrayWriter
from fwexp.trainers.protocol import Recipe, Trainer
from fwexp.trainers.registry import make_trainer

NUM_PIPELINE_BATCHES = 500
INSPECTORS = {"torch": "fwexp.parity.inspect_torch", "tf": "fwexp.parity.inspect_keras"}

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How many samples a capture takes."""

    batch: int
    num_steps: int
    num_test: int


NORMAL = Extent(batch=16, num_steps=NUM_STEPS, num_test=64)
FULL = Extent(batch=2, num_steps=1, num_test=2)  # of a model that has a stand-in


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is captured: a configuration's model on these data."""

    config: Config
    data: DataSet
    extent: Extent
    reference: Path | None  # torch's capture, for Keras's locked steps

    @cached_property
    def small_recipe(self) -> Recipe:
        """Small steps with a changing learning rate, in float64, from generic weights."""
        batch, num_steps = self.extent.batch, self.extent.num_steps
        training = replace(
            self.config.training, batch_size=batch, num_epochs=None, num_steps=num_steps
        )
        schedule = Schedule(name="cosine", warmup_fraction=0.2)
        optimizer = replace(self.config.optimizer, schedule=schedule)
        train = self.data.train.spread(num_steps * batch)
        small_data = replace(
            self.data, train=train, test=self.data.test.spread(self.extent.num_test)
        )
        config = replace(self.config, training=training, optimizer=optimizer)
        recipe = make_recipe(config, small_data)
        weights = generic_weights(recipe.spec.variables(), seed=self.config.seed)
        return replace(recipe, weights=weights, dtype="float64")

    def inspector(self) -> Any:
        """The module that looks inside this framework's trainer."""
        return import_module(INSPECTORS[self.config.framework.name])


def run(subject: Subject, file: ArrayWriter) -> None:
    """The initial weights, the first evaluation and the batches of a run of the configuration."""
    recipe = make_recipe(subject.config, subject.data)
    trainer = make_trainer(recipe)
    file.add(_variables(trainer), under="initial")  # slots are compared step by step
    file.add({"first evaluation": trainer.predict(recipe.data.test.inputs)})
    file.add(dict(_fingerprints(trainer)), under="batch")


def _fingerprints(trainer: Trainer) -> Iterator[tuple[str, NDArray[Any]]]:
    batches = zip(range(NUM_PIPELINE_BATCHES), trainer.batches(), strict=False)
    for k, (inputs, targets) in batches:
        for name, a in {**inputs, "targets": targets}.items():
            crc = f"crc {zlib.crc32(a.tobytes()):08x}"
            yield f"{k + 1}/{name}", np.array([f"{a.dtype} {a.shape}", crc])


def outputs(subject: Subject, file: ArrayWriter) -> None:
    """Every block's output on the first batch, and the evaluation, before any step."""
    for dtype in ("float32", "float64"):
        _outputs(replace(subject.small_recipe, dtype=dtype), subject.inspector(), file)


def _outputs(recipe: Recipe, inspector: Any, file: ArrayWriter) -> None:
    trainer = make_trainer(recipe)
    file.add({"evaluation": trainer.predict(recipe.data.test.inputs)}, under=recipe.dtype)
    blocks = inspector.block_outputs(trainer, next(trainer.batches()))
    file.add({name: value for name, (value, _) in blocks.items()}, under=f"{recipe.dtype}/block")


def gradients(subject: Subject, file: ArrayWriter) -> None:
    """The loss of the first batch and its gradients, before any step."""
    trainer = make_trainer(subject.small_recipe)
    loss, found = subject.inspector().gradients(trainer, next(trainer.batches()))
    file.add({"loss": np.array(loss)}, under="float64")
    file.add(found, under="float64/gradient")


class _LockStep:
    """Keeps the state after every step; takes another's state before it."""

    def __init__(self, trainer: Trainer, reference: ArrayFile | None, file: ArrayWriter) -> None:
        self.trainer = trainer
        self.reference = reference
        self.file = file

    def before_step(self, step: int) -> None:
        if self.reference is not None:
            self.trainer.load_state(state_of(self.reference, step))
        elif step == 0:
            self.file.add(self.trainer.state(), under="state/0")

    def after_step(self, step: int) -> None:
        self.file.add(self.trainer.state(), under=f"state/{step + 1}")


def steps(subject: Subject, file: ArrayWriter) -> None:
    """The state after each locked step, every step's loss, the evaluation after the last."""
    recipe = subject.small_recipe
    trainer = make_trainer(recipe)
    reference = subject.reference
    with nullcontext() if reference is None else ArrayFile(reference) as states:
        trainer.fit(_LockStep(trainer, states, file))
    file.add({"losses": np.array(trainer.losses())})
    file.add({"evaluation after": trainer.predict(recipe.data.test.inputs)})


def dtypes(subject: Subject, file: ArrayWriter) -> None:
    """The dtype of every block's output at the runs' own precision and device."""
    training = replace(subject.config.training, batch_size=FULL.batch, num_epochs=None, num_steps=1)
    trainer = make_trainer(make_recipe(replace(subject.config, training=training), subject.data))
    blocks = subject.inspector().block_outputs(trainer, next(trainer.batches()))
    file.add({name: np.array(dtype) for name, (_, dtype) in blocks.items()})


def mixed(subject: Subject, file: ArrayWriter) -> None:
    """Evaluation, loss and gradients of one batch at the run's own precision, and in float32."""
    training = replace(subject.config.training, batch_size=NORMAL.batch, num_epochs=None)
    data = replace(
        subject.data,
        train=subject.data.train.spread(NORMAL.batch),
        test=subject.data.test.spread(NORMAL.num_test),
    )
    for kind, precision in (("mixed", subject.config.precision.name), ("float32", "fp32")):
        config = replace(
            subject.config,
            training=replace(training, num_steps=1),
            precision=Precision(name=precision),
        )
        trainer = make_trainer(make_recipe(config, data))
        file.add({"evaluation": trainer.predict(data.test.inputs)}, under=kind)
        loss, found = subject.inspector().gradients(trainer, next(trainer.batches()))
        file.add({"loss": np.array(loss)}, under=kind)
        file.add(found, under=f"{kind}/gradient")


class _Unobserved:
    """Leaves a trainer alone."""

    def before_step(self, step: int) -> None: ...

    def after_step(self, step: int) -> None: ...


def drift(subject: Subject, file: ArrayWriter) -> None:
    """The weights after the twenty steps where nobody copies a state across, in both dtypes; and
    after as many from weights that one rounding sets apart. For the proof: no certificate asks."""
    small = subject.small_recipe
    apart = {name: np.nextafter(value, np.inf) for name, value in small.weights.items()}
    recipes = {
        "float64": small,
        "float32": replace(small, dtype="float32"),
        "apart": replace(small, weights=apart),
    }
    for kind, recipe in recipes.items():
        trainer = make_trainer(recipe)
        trainer.fit(_Unobserved())
        file.add(_variables(trainer), under=kind)


def _variables(trainer: Trainer) -> Mapping[str, NDArray[Any]]:
    """Its state without the optimizer's slots, "kernel/m"."""
    return {name: value for name, value in trainer.state().items() if "/" not in name}


MAX_FREE_STEPS = 1000
MIN_FREE_STEPS = 3
FREE_S = 4.0  # that these steps may take, if there are more than the fewest
NUM_SLICE = 64
NUM_TEST = 256


def free(subject: Subject, file: ArrayWriter) -> None:
    """The first steps of a run as it makes them, evaluations between them; and the same from
    weights that one rounding sets apart."""
    recipe = make_recipe(subject.config, subject.data)
    recipe = replace(recipe, data=replace(recipe.data, test=recipe.data.test.first(NUM_TEST)))
    num_steps = _num_free_steps(recipe, subject.reference)
    recipe = replace(recipe, order=recipe.order[:num_steps])
    others = replace(recipe, weights=apart(recipe.weights, subject.config))
    for kind, start in (("free", recipe), ("apart", others)):
        trainer = make_trainer(start)
        observer = _Evaluating(trainer, start)
        trainer.fit(observer)
        file.add({**observer.outputs, "losses": np.array(trainer.losses())}, under=kind)
    file.add({"least": np.array(least(subject.config))})


class _Evaluating:
    """Evaluates a slice, twice, and the test set: early, before rounding has taken over."""

    def __init__(self, trainer: Trainer, recipe: Recipe) -> None:
        self.trainer = trainer
        self.recipe = recipe
        self.outputs: Arrays = {}

    def before_step(self, step: int) -> None: ...

    def after_step(self, step: int) -> None:
        done, num_steps, test = step + 1, len(self.recipe.order), self.recipe.data.test
        if done == max(1, min(2, num_steps // 3)):
            some = test.spread(NUM_SLICE).inputs
            self.outputs[f"evaluation/{done}/slice"] = self.trainer.predict(some)
            self.outputs[f"again/{done}/slice"] = self.trainer.predict(some)
        if done == max(1, min(4, 2 * num_steps // 3)):
            self.outputs[f"evaluation/{done}/test set"] = self.trainer.predict(test.inputs)


def _num_free_steps(recipe: Recipe, reference: Path | None) -> int:
    """As many as torch's capture has, which takes what its first steps leave time for."""
    if reference is not None:
        with ArrayFile(reference) as captured:
            return len(captured["free/losses"])
    timed = _Timed()
    make_trainer(replace(recipe, order=recipe.order[:MIN_FREE_STEPS])).fit(timed)
    affordable = int(FREE_S / timed.step_s)
    return min(len(recipe.order), MAX_FREE_STEPS, max(MIN_FREE_STEPS, affordable))


class _Timed:
    """How long the fastest step took."""

    step_s = float("inf")

    def before_step(self, step: int) -> None:  # noqa: ARG002
        self._started = time.perf_counter()

    def after_step(self, step: int) -> None:  # noqa: ARG002
        self.step_s = min(self.step_s, time.perf_counter() - self._started)


TAKE: dict[str, Callable[[Subject, ArrayWriter], None]] = {  # what pair.PARTS names
    "run": run,
    "outputs": outputs,
    "gradients": gradients,
    "steps": steps,
    "dtypes": dtypes,
    "mixed": mixed,
    "free": free,
    "drift": drift,
}
