"""What holds of either trainer: the tests that side_torch.py and side_keras.py both run."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from fwexp.tasks.numerics import binary_cross_entropy, cross_entropy
from fwexp.tasks.task import LOSSES
from fwexp.trainers.protocol import Effective, Recipe, Trainer
from tests.trainers.recipes import (
    ALL_LABELS,
    CLICK_LOSS,
    CLICKED,
    CLICKS,
    IGNORING,
    LOGITS,
    MASKED_LOSS,
    NUM_STEPS,
    WHOLE_LOSS,
    Watch,
    paired,
    small_job,
)


class OfATrainer:
    """Subclassed by either side, under a name that pytest collects."""

    framework: str
    module: ModuleType  # the trainer's
    trainer: Callable[[Recipe], Trainer]
    tensor: Callable[[Any], Any]  # of the framework, from an array
    losses: Mapping[str, Callable[[Any, Any], Any]]

    def recipe(self, *overrides: str, precision: str = "fp32") -> Recipe:
        return small_job(self.framework, *overrides, precision=precision)

    def loss(self, name: str, outputs: Any, targets: Any) -> float:
        return float(self.losses[name](self.tensor(outputs), self.tensor(targets)))

    def test_a_fit(self):
        trainer = self.trainer(self.recipe("optimizer=adam"))
        watch = Watch()
        trainer.fit(watch)
        assert watch.before == watch.after == list(range(NUM_STEPS))
        assert len(trainer.losses()) == NUM_STEPS
        assert {"head.kernel/m", "head.kernel/v"} <= trainer.state().keys()
        wanted = {
            "device": "cpu",
            "tf32": False,
            "compiled": False,
            "num_threads": 1,
            "num_interop_threads": 1,
        }
        whole = {"num_replicas": 1, "batch_statistics": "whole batch"}
        assert trainer.effective() == Effective(**wanted, **whole, compute_dtype="float32")

    def test_bf16_is_seen_where_the_step_computed(self):
        recipe = self.recipe(precision="bf16")
        trainer = self.trainer(recipe)
        trainer.fit(Watch())
        assert trainer.effective().compute_dtype == "bfloat16"
        assert trainer.predict(recipe.data.test.inputs).dtype == np.float32

    def test_it_starts_from_the_jobs_weights(self):
        recipe = self.recipe()
        state = self.trainer(recipe).state()
        assert recipe.weights.keys() <= state.keys()
        for name, weights in recipe.weights.items():
            assert np.array_equal(state[name], weights.astype(np.float32)), name

    def test_an_evaluation_changes_nothing(self, monkeypatch):
        monkeypatch.setattr(self.module, "EVALUATION_BATCH", 7)
        recipe = self.recipe()
        trainer = self.trainer(recipe)
        before = trainer.state()
        parts = trainer.predict(recipe.data.test.inputs)
        assert parts.shape == (len(recipe.data.test), 10)
        monkeypatch.setattr(self.module, "EVALUATION_BATCH", 1000)
        assert parts == pytest.approx(trainer.predict(recipe.data.test.inputs), abs=1e-6)
        assert all(np.array_equal(before[name], value) for name, value in trainer.state().items())

    def test_the_batches_are_the_order(self):
        recipe = self.recipe()
        found = list(self.trainer(recipe).batches())
        assert len(found) == NUM_STEPS
        for (inputs, targets), rows in zip(found, recipe.order, strict=True):
            assert list(inputs) == ["x"]
            assert np.array_equal(inputs["x"], recipe.data.train.inputs["x"][rows])
            assert np.array_equal(targets, recipe.data.train.targets[rows])

    def test_several_inputs_keep_their_names_their_order_and_their_types(self):
        recipe = replace(paired(self.recipe()), dtype="float64")
        (inputs, targets), *_ = self.trainer(recipe).batches()
        assert list(inputs) == ["x", "tokens"]
        types = [array.dtype for array in (*inputs.values(), targets)]
        assert types == [np.float64, np.int32, np.int64]
        for name, array in recipe.data.train.inputs.items():
            assert np.array_equal(inputs[name], array[recipe.order[0]])

    def test_any_samples_can_be_predicted(self):
        recipe = self.recipe()
        trainer = self.trainer(recipe)
        whole = trainer.predict(recipe.data.test.inputs)
        some = {"x": recipe.data.test.inputs["x"][[4, 2]]}
        assert trainer.predict(some) == pytest.approx(whole[[4, 2]], abs=1e-6)
        same = {"x": recipe.data.test.inputs["x"].copy()}
        assert np.array_equal(trainer.predict(same), whole)

    def test_a_test_set_of_another_shape_is_predicted_anew(self):
        """The test inputs lie ready as tensors; a slice of them is no longer they."""
        recipe = self.recipe()
        assert self.trainer(recipe).predict(recipe.data.test.first(3).inputs).shape == (3, 10)

    def test_the_losses_are_the_mean_over_the_labels_that_count(self):
        whole = self.loss("cross_entropy", LOGITS, ALL_LABELS)
        masked = self.loss("masked_cross_entropy", LOGITS, IGNORING)
        assert whole == pytest.approx(WHOLE_LOSS, rel=1e-8)
        assert masked == pytest.approx(MASKED_LOSS, rel=1e-14)
        assert masked == pytest.approx(cross_entropy(LOGITS, IGNORING), rel=1e-14)

    def test_the_loss_of_clicks_is_the_mean_over_them(self):
        loss = self.loss("binary_cross_entropy", CLICKS, CLICKED)
        assert loss == pytest.approx(CLICK_LOSS, rel=1e-14)
        assert loss == pytest.approx(binary_cross_entropy(CLICKS[:, 0], CLICKED), rel=1e-14)

    def test_squared_errors_are_the_mean_over_all_values(self):
        outputs, targets = [[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 4.0]]
        assert self.loss("mean_squared_error", outputs, targets) == (4 + 9) / 4

    def test_every_tasks_loss_is_here(self):
        assert set(self.losses) == set(LOSSES)

    def test_draining_takes_time(self):
        assert 0 < self.trainer(self.recipe()).drain(NUM_STEPS) < 1
