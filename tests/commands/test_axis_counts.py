from dataclasses import replace

from fwexp.commands.axis_counts import runs_by_axis
from fwexp.config.schema import Config, Model
from tests.evidence.factory import base


def config(model: str, *, width: int = 8, batch: int = 32) -> Config:
    return replace(
        base(),
        model=Model(name=model, implementation="", options={"width": width}),
        training=replace(base().training, batch_size=batch),
    )


def test_a_group_varies_by_its_options_name_alone() -> None:
    configs = {"1": config("mlp", width=8), "2": config("cnn", width=3)}
    runs = {"a": ("1", 0), "b": ("2", 0)}
    assert runs_by_axis(configs, runs) == {"model.name": {"cnn": ["b"], "mlp": ["a"]}}


def test_a_field_varies_where_it_does_under_one_name() -> None:
    configs = {"1": config("mlp"), "2": config("mlp", batch=64)}
    assert runs_by_axis(configs, {"a": ("1", 0), "b": ("2", 0), "c": ("1", 1)}) == {
        "training.batch_size": {"32": ["a", "c"], "64": ["b"]},
        "seed": {"0": ["a", "b"], "1": ["c"]},
    }


def test_numbers_are_sorted_by_size_and_before_words() -> None:
    runs = {str(seed): ("1", seed) for seed in (10, 9)}
    assert list(runs_by_axis({"1": config("mlp")}, runs)["seed"]) == ["9", "10"]


def test_one_run_varies_in_nothing() -> None:
    assert runs_by_axis({"1": config("mlp")}, {"a": ("1", 0)}) == {}
