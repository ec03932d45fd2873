"""One framework's half of the trainer tax, in a process of its own: a line of JSON.

Started as `python -m tests.bench.tax_side torch|tf THREADS ROUNDS STEPS FIRST`.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

import numpy as np

from fwexp.config.load import compose
from fwexp.config.resolve import resolve
from fwexp.config.schema import Hardware
from fwexp.data import dataset
from fwexp.models.initialization import Weights
from fwexp.processes.locks import device_lock, hold
from fwexp.runs.recipe import make_recipe
from fwexp.runs.watch import Watch
from fwexp.trainers.protocol import Observer, Recipe, Trainer
from fwexp.trainers.registry import make_trainer
from tests.bench.ratio import interleave

BARE = {"torch": "tests.bench.bare_torch", "tf": "tests.bench.bare_keras"}
NUM_TEST = 1000  # evaluation is outside the clock, so a part of the test set will do


class Marks:
    """An observer that looks at the clock twice: what fit itself costs, observed by nobody."""

    def __init__(self, *, num_steps: int, num_first: int) -> None:
        self.num_steps = num_steps
        self.num_first = num_first
        self.started = self.ended = 0.0

    def before_step(self, step: int) -> None:
        pass

    def after_step(self, step: int) -> None:
        if step == self.num_first - 1:
            self.started = time.perf_counter()
        elif step == self.num_steps - 1:
            self.ended = time.perf_counter()

    def ms_per_step(self) -> float:
        return 1000 * (self.ended - self.started) / (self.num_steps - self.num_first)


def make_bench_recipe(framework: str, *, num_threads: int, num_steps: int) -> Recipe:
    """cnn on fashion_mnist with batches of 128, as a run would make it."""
    overrides = [
        f"framework={framework}",
        "model=cnn",
        "data=fashion_mnist",
        "training.batch_size=128",
        "training.num_epochs=null",
        f"training.num_steps={num_steps}",
        f"hardware.num_threads={num_threads}",
    ]
    config = resolve(compose(overrides), num_cores=num_threads)
    recipe = make_recipe(config, dataset.load(config.data))
    return replace(recipe, data=replace(recipe.data, test=recipe.data.test.first(NUM_TEST)))


class Ways:
    """The same steps three ways, each from the same weights; every one ends with its weights."""

    def __init__(self, framework: str, recipe: Recipe, *, num_first: int) -> None:
        self.framework = framework
        self.recipe = recipe
        self.num_first = num_first
        self.ends: dict[str, Weights] = {}

    def bare(self) -> float:
        """A hand-written loop."""
        train = import_module(BARE[self.framework]).train
        ms_per_step, self.ends["bare"] = train(self.recipe, num_first=self.num_first)
        return float(ms_per_step)

    def fit(self) -> float:
        """The framework's fit, through fwexp's trainer, observed by nobody."""
        marks = Marks(num_steps=len(self.recipe.order), num_first=self.num_first)
        self._fit("fit", make_trainer(self.recipe), marks)
        return marks.ms_per_step()

    def run(self) -> float:
        """The same under the observer of a run, which times each step and tells of progress."""
        trainer = make_trainer(self.recipe)
        watch = Watch(trainer, self.recipe, lambda _: None)
        self._fit("run", trainer, watch)
        return 1000 * float(watch.clock.step_s[self.num_first :].mean())

    def pipeline(self) -> float:
        """The input pipeline alone."""
        return 1000 * make_trainer(self.recipe).drain(len(self.recipe.order))

    def _fit(self, name: str, trainer: Trainer, observer: Observer) -> None:
        trainer.fit(observer)
        self.ends[name] = trainer.state()

    def largest_difference(self) -> float:
        """Between the weights with which the ways ended, relative to their norm."""
        reference = self.ends["bare"]
        return max(
            float(np.linalg.norm(end[name] - value) / (np.linalg.norm(value) + 1e-12))
            for end in self.ends.values()
            for name, value in reference.items()
        )


def _alone(way: Callable[[], float]) -> Callable[[], float]:
    """The same under the lock of timed runs, so that no sweep's run disturbs it."""

    def measured() -> float:
        with hold(device_lock(Hardware(name="cpu", devices=1, nodes=1))):
            return way()

    return measured


def main(framework: str, num_threads: int, num_rounds: int, num_steps: int, num_first: int) -> None:
    recipe = make_bench_recipe(framework, num_threads=num_threads, num_steps=num_steps)
    ways = Ways(framework, recipe, num_first=num_first)
    import_module(BARE[framework])
    gc.collect()
    gc.freeze()  # as a warm server does before a run
    named = {"bare": ways.bare, "fit": ways.fit, "run": ways.run, "pipeline": ways.pipeline}
    named = {name: _alone(way) for name, way in named.items()}
    interleave(named, num_rounds=1)  # the first of each warms the process
    figures = interleave(named, num_rounds=num_rounds)
    print(json.dumps({"ms_per_step": figures, "difference": ways.largest_difference()}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
