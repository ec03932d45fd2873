"""What holds of either trainer when a training is interrupted: side_torch.py and side_keras.py
both run it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fwexp.data.dataset import DataSet, Split
from fwexp.launch.combine import resolved
from fwexp.models.initialization import Weights
from fwexp.runs.recipe import make_recipe
from fwexp.trainers.protocol import Recipe, Trainer
from tests.trainers.recipes import noise

NUM_STEPS = 9
MODELS = {
    "mlp": ("data=digits", "model=mlp", "optimizer=adam", "model.options.width=8"),
    "cnn": ("data=digits", "model=cnn", "optimizer=adamw", "model.options.width=4"),
    "lstm": ("data=electricity", "model=lstm", "optimizer=momentum", "model.options.width=4"),
    "dropping": (
        *("data=digits", "model=mlp", "optimizer=adam", "model.options.width=8"),
        "model.implementation=tests.trainers.dropping",
    ),
}


class Stop(Exception):
    """As a signal's Interrupted, raised in the framework's own `fit`."""


class Until:
    """Saves the trainer after so many steps and stops it, as fwexp.runs.watch does."""

    def __init__(self, trainer: Trainer, *, last: int | None, folder: Path) -> None:
        self.trainer = trainer
        self.last = last
        self.folder = folder
        self.steps: list[int] = []

    def before_step(self, step: int) -> None:
        self.steps.append(step)

    def after_step(self, step: int) -> None:
        assert self.steps[-1] == step
        if step + 1 == self.last:
            self.trainer.save(self.folder)
            raise Stop


class OfAnInterruption:
    """Subclassed by either side, under a name that pytest collects."""

    framework: str
    trainer: Callable[[Recipe], Trainer]

    @pytest.mark.parametrize(
        ("model", "stops"),
        [*((model, (1, 4, 8)) for model in MODELS), ("mlp", (5,)), ("cnn", (3,))],
    )
    def test_a_training_that_goes_on_ends_as_one_that_was_never_stopped(
        self, model: str, stops: Sequence[int], tmp_path: Path
    ) -> None:
        recipe = the_job(self.framework, *MODELS[model])
        state, losses = self.train(recipe, [], tmp_path)
        same_state, same_losses = self.train(recipe, stops, tmp_path)
        assert same_losses == losses
        assert state.keys() == same_state.keys()
        for name, value in state.items():
            assert np.array_equal(same_state[name], value), name

    def test_what_a_model_draws_is_the_seeds(self, tmp_path: Path) -> None:
        recipe = the_job(self.framework, *MODELS["dropping"])
        other = replace(
            recipe, config=replace(recipe.config, seed=1)
        )  # its weights and order are equal
        assert self.train(recipe, [], tmp_path)[1] != self.train(other, [], tmp_path)[1]

    def train(
        self, recipe: Recipe, stops: Sequence[int], folder: Path
    ) -> tuple[Weights, list[float]]:
        """The state at the end and every step's loss, through as many trainers as it takes."""
        losses: list[float] = []
        first_step = 0
        for last in (*stops, None):
            trainer = self.trainer(recipe)
            if first_step:
                trainer.restore(folder)
            watch = Until(trainer, last=last, folder=folder)
            with suppress(Stop):
                trainer.fit(watch, first_step=first_step)
            assert watch.steps == list(range(first_step, last or NUM_STEPS))
            losses += trainer.losses()
            first_step = last or NUM_STEPS
        return trainer.state(), losses


def the_job(framework: str, *overrides: str) -> Recipe:
    """Nine steps on noise."""
    config = resolved(
        [
            *[f"framework={framework}", "hardware.num_threads=1", "training.batch_size=8"],
            *["training.num_epochs=null", f"training.num_steps={NUM_STEPS}", *overrides],
        ]
    )
    return make_recipe(config, series() if config.model.name == "lstm" else noise())


def series() -> DataSet:
    """Two weeks of hours before, one day after; 50 of them."""
    rng = np.random.default_rng(0)
    past, future = (rng.normal(size=(50, n)).astype(np.float32) for n in (336, 24))
    some = Split(inputs={"x": past}, targets=future)
    return DataSet(name="series", train=some, test=some, sha256="", source="", licence="")
