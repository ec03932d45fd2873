"""Combinations put together from typed parts are those that are composed whole."""

import itertools
import random
from dataclasses import replace
from pathlib import Path

import pytest

from fwexp.config.choices import find_folders
from fwexp.config.load import compose_with_hydra, to_typed
from fwexp.config.paths import conf_dir
from fwexp.config.resolve import resolve, usable_cores
from fwexp.errors import ConfigError
from fwexp.launch import combine as module
from fwexp.launch.combine import combine, resolved
from tests.bench import plan_side as bench

AXES = {
    "framework": ["framework=torch", "framework=tf"],
    "optimizer": ["optimizer=sgd", "optimizer=momentum", "optimizer=adamw"],
    "optimizer.learning_rate": ["optimizer.learning_rate=0.1", "optimizer.learning_rate=0.02"],
    "model": ["model=mlp", "model=cnn"],
    "training.batch_size": ["training.batch_size=16", "training.batch_size=32"],
    "model.options.width": ["model.options.width=8", "model.options.width=16"],
}
SHARED = ["data=mnist", "training=steps"]


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The overrides of every composition."""
    asked: list[list[str]] = []

    def noted(overrides: list[str], config_dirs: list[str]) -> object:
        asked.append(overrides)
        return resolved(overrides, config_dirs)

    monkeypatch.setattr(module, "resolved", noted)
    return asked


def whole(axes: dict[str, list[str]], config_dirs: list[str] | None = None) -> list[object]:
    return [
        resolved([*SHARED, *combination], config_dirs or [])
        for combination in itertools.product(*axes.values())
    ]


def test_every_combination_is_as_if_composed_whole() -> None:
    assert combine(AXES, SHARED) == whole(AXES)


def test_a_sample_of_ten_thousand_is_what_hydra_itself_composes() -> None:
    """The plan that tests/bench times, less its seeds."""
    axes = {key: [f"{key}={value}" for value in values] for key, values in bench.AXES.items()}
    combinations = list(itertools.product(*axes.values()))
    found = combine(axes, [bench.DATA])
    assert len(found) == len(combinations) == 400
    for number in random.Random(20261120).sample(range(400), 10):
        overrides = [bench.DATA, *combinations[number]]
        node = compose_with_hydra(overrides, folders=find_folders(conf_dir(), config_dirs=[]))
        config = resolve(to_typed(node), num_cores=usable_cores())
        # read from the stand-in's file afterwards, which is no part of Hydra's composition
        options = {"stand_in_options": found[number].model.stand_in_options}
        assert found[number] == replace(config, model=replace(config.model, **options))


def test_a_group_is_composed_once_for_each_of_its_own_combinations(
    composed: list[list[str]],
) -> None:
    assert len(combine(AXES, SHARED)) == 2 * 3 * 2 * 2 * 2 * 2
    # the first of all, and then what framework, optimizer, model and training add to it
    assert len(composed) == 1 + (2 - 1) + (3 * 2 - 1) + (2 * 2 - 1) + (2 - 1)


def test_without_axes_there_is_one() -> None:
    assert combine({}, SHARED) == [resolved(SHARED)]


def test_a_file_that_fills_other_groups_is_minded(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "hasty.yaml").write_text(
        "# @package _global_\n"
        "model:\n  name: mlp\n  implementation: fwexp.models.mlp\n"
        "framework:\n  name: tf\n"
    )
    axes = {"model": ["model=cnn", "model=hasty"], "optimizer": AXES["optimizer"]}
    folders = [str(tmp_path)]
    assert combine(axes, SHARED, folders) == whole(axes, folders)
    found = {(c.model.name, c.framework.name) for c in combine(axes, SHARED, folders)}
    assert found == {("cnn", "torch"), ("mlp", "tf")}


def test_what_one_value_breaks_is_told() -> None:
    with pytest.raises(ConfigError) as raised:
        combine({"training.batch_size": ["training.batch_size=16", "training.batch_size=0"]}, [])
    assert raised.value.problems == ["training.batch_size=0: must be at least 1."]
