"""Which steps are kept for a run's audit, and what is kept of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fwexp.data.dataset import load
from fwexp.runs.recipe import make_recipe
from fwexp.runs.sampler import Sampler, steps_to_audit
from fwexp.runs.watch import Watch
from fwexp.store.array_file import ArrayFile
from fwexp.store.audit import Samples
from fwexp.trainers.protocol import Recipe
from tests.runs.stand_in import StandIn
from tests.tiny import tiny_config


def recipe_of(num_steps: int, *overrides: str) -> Recipe:
    config = tiny_config(f"training.num_steps={num_steps}", *overrides)
    return make_recipe(config, load(config.data))


def kept(path: Path) -> dict[str, float]:
    with ArrayFile(path) as file:
        return {name: float(array[0]) for name, array in file.items()}


def sample(tmp_path: Path, steps: list[int], *, elapsed_s: float = 1e6) -> Samples:
    recipe, samples = recipe_of(8), Samples(tmp_path / "audit")
    trainer = StandIn(recipe)
    sampler = Sampler(trainer, samples, steps, elapsed_s=lambda: elapsed_s)
    trainer.fit(Watch(trainer, recipe, lambda _: None, sampler=sampler))
    sampler.keep_last()
    return samples


def test_the_states_before_and_after_each_step_and_the_last_weights(tmp_path: Path) -> None:
    samples = sample(tmp_path, [5, 0, 6, 7])
    assert samples.steps() == [0, 5, 6, 7]
    for step in samples.steps():
        assert kept(samples.before(step)) == {"made": step, "made/m": step / 2}
        assert kept(samples.after(step))["made"] == step + 1
    assert kept(samples.final) == {"made": 8}


def test_only_the_first_named_is_kept_where_the_run_is_short(tmp_path: Path) -> None:
    assert sample(tmp_path, [5, 0, 6], elapsed_s=0.001).steps() == [5]


def test_nothing_is_kept_of_no_steps(tmp_path: Path) -> None:
    assert not sample(tmp_path, []).path.exists()


def test_the_steps_are_drawn_from_the_runs_id() -> None:
    recipe = recipe_of(220, "training.evaluate_every_epochs=2")
    drawn = {run_id: steps_to_audit(recipe, run_id=run_id) for run_id in ("a", "b", "c")}
    assert steps_to_audit(recipe, run_id="a") == drawn["a"]
    assert len({tuple(steps) for steps in drawn.values()}) == 3
    for steps in drawn.values():
        assert any(154 <= step < 209 for step in steps[:2])  # late, but for a schedule's end
        assert 219 in steps[:2]
        assert any(step % 44 == 0 for step in steps)  # after an evaluation
        assert any(step % 22 == 21 for step in steps)  # the last one of an epoch
        assert any(step % 22 == 0 for step in steps)
        assert any(step < 10 for step in steps)


@pytest.mark.parametrize(("mib", "num_steps"), [(0, 0), (0.02, 1), (16, 7)])
def test_they_are_as_many_as_there_is_room_for(mib: float, num_steps: int) -> None:
    recipe = recipe_of(220, f"comparison.audit_mib={mib}")  # two states of 9 kB a step
    assert len(steps_to_audit(recipe, run_id="a")) == num_steps


def test_a_run_of_one_step_is_audited() -> None:
    assert steps_to_audit(recipe_of(1), run_id="a") == [0]


def test_several_replicas_are_not() -> None:
    recipe = recipe_of(8)
    config = replace(recipe.config, hardware=replace(recipe.config.hardware, devices=2))
    assert steps_to_audit(replace(recipe, config=config), run_id="a") == []


def test_an_array_is_kept_as_it_was(tmp_path: Path) -> None:
    samples = sample(tmp_path, [2])
    with ArrayFile(samples.before(2)) as file:
        assert file["made"].dtype == np.float32
