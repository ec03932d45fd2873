"""What is timed and evaluated while a trainer fits."""

import math
from dataclasses import replace
from typing import Any

import pytest

from fwexp.data.dataset import load
from fwexp.runs.recipe import make_recipe
from fwexp.runs.watch import Watch, check_finite
from fwexp.store.record import Evaluation
from fwexp.tasks.task import Inputs
from tests.runs.stand_in import StandIn
from tests.tiny import tiny_config


def watched(num_steps: int, every_epochs: float) -> Watch:
    config = tiny_config(f"training.num_steps={num_steps}")
    training = replace(config.training, evaluate_every_epochs=every_epochs)
    config = replace(config, training=training)
    recipe = make_recipe(config, load(config.data))
    trainer = StandIn(recipe)
    watch = Watch(trainer, recipe, lambda _: None)
    trainer.fit(watch)
    return watch


def test_it_evaluates_before_training_at_declared_steps_and_at_the_end() -> None:
    evaluations = watched(5, 2 / 22).evaluations  # 1437 // 64 = 22 steps an epoch
    assert [e.step for e in evaluations] == [0, 2, 4, 5]


def test_train_s_is_the_time_of_the_steps_so_far() -> None:
    watch = watched(5, 2 / 22)
    step_s = watch.clock.step_s
    assert [e.train_s for e in watch.evaluations] == [
        step_s[: e.step].sum() for e in watch.evaluations
    ]
    assert watch.evaluation_s > 0


def test_a_step_is_over_when_the_device_is_done_before_it_is_evaluated() -> None:
    calls: list[str] = []

    class Noting(StandIn):
        def synchronize(self) -> None:
            calls.append("synchronize")

        def predict(self, inputs: Inputs) -> Any:
            calls.append("evaluate")
            return super().predict(inputs)

    config = tiny_config("training.num_steps=2")
    recipe = make_recipe(config, load(config.data))
    trainer = Noting(recipe)
    watch = Watch(trainer, recipe, lambda _: None)
    end_step = watch.clock.end_step
    watch.clock.end_step = lambda step: (calls.append("end"), end_step(step))[1]  # type: ignore[method-assign]
    trainer.fit(watch)
    assert calls == ["evaluate", "end", "synchronize", "end", "evaluate"]


@pytest.mark.parametrize(
    ("losses", "tests", "words"),
    [
        ([1.0, math.inf, math.nan], [1.0], "the training loss is inf at step 2"),
        ([1.0, 1.0, 1.0], [math.nan], "the test loss is nan at step 7"),
    ],
)
def test_the_first_loss_that_is_no_number_is_named(
    losses: list[float], tests: list[float], words: str
) -> None:
    evaluations = [Evaluation(step=7, train_s=1.0, scores={"loss": loss}) for loss in tests]
    with pytest.raises(ArithmeticError) as raised:
        check_finite(losses, evaluations)
    assert str(raised.value) == f"{words}; try a smaller optimizer.learning_rate"


def test_finite_losses_pass() -> None:
    check_finite([1.0, 1e30], [])
