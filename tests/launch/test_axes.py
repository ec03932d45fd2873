"""What a line of overrides varies, and what it sets for all runs."""

from pathlib import Path

import pytest

from fwexp.config.paths import conf_dir
from fwexp.errors import ConfigError
from fwexp.launch.axes import split_axes


def test_lists_and_ranges_are_axes_and_the_rest_is_fixed() -> None:
    axes, fixed = split_axes(["framework=torch,tf", "seed=range(2)", "model=mlp", "data=digits"])
    assert axes == {"framework": ["framework=torch", "framework=tf"], "seed": ["seed=0", "seed=1"]}
    assert fixed == ["model=mlp", "data=digits"]


def test_one_seed_is_an_axis_too() -> None:
    assert split_axes(["seed=3"]) == ({"seed": ["seed=3"]}, [])


def test_one_value_of_anything_else_is_none() -> None:
    assert split_axes(["model=choice(mlp)"]) == ({}, ["model=mlp"])


def test_the_last_word_on_a_key_counts() -> None:
    axes, fixed = split_axes(["model=mlp,cnn", "seed=range(5)", "model=cnn", "seed=7,8"])
    assert axes == {"seed": ["seed=7", "seed=8"]}
    assert fixed == ["model=cnn"]


def test_a_glob_finds_options_of_ours_and_of_the_users(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text("# mine\nname: mine\nimplementation: m\n")
    axes, _ = split_axes(["model=glob(*)"], config_dirs=[str(tmp_path)])
    ours = [path.stem for path in (conf_dir() / "model").glob("*.yaml")]
    assert {"cnn", "mlp"} <= set(ours)
    assert axes == {"model": [f"model={name}" for name in sorted([*ours, "mine"])]}


def test_a_value_keeps_the_plus_of_its_key() -> None:
    axes, _ = split_axes(["+model.options.mine=1,2"])
    assert axes == {"model.options.mine": ["+model.options.mine=1", "+model.options.mine=2"]}


@pytest.mark.parametrize(
    ("overrides", "problems"),
    [
        (
            ["modle=mlp,cnn", "optimizer.learning_rate=fast,1"],
            [
                "modle=mlp: there is no config group or key 'modle'. Did you mean 'model'?",
                "modle=cnn: there is no config group or key 'modle'. Did you mean 'model'?",
                "optimizer.learning_rate=fast: optimizer.learning_rate must be a number, "
                "not 'fast'.",
            ],
        ),
        (
            ["seed=range(0)", "training.batch_size=range(3,3)"],
            [
                "seed=range(0): has no value, so there would be no run.",
                "training.batch_size=range(3,3): has no value, so there would be no run.",
            ],
        ),
        (["model=glob(x*)"], ["model=glob(x*): has no value, so there would be no run."]),
        (
            ["optimizer.learning_rate=interval(0,1)"],
            ["optimizer.learning_rate=interval(0,1): is not a list of values; type some: a,b"],
        ),
        (["seed=range(0.5,1)"], ["seed=0.5: seed must be a whole number, not 0.5."]),
    ],
)
def test_what_is_amiss_is_named_all_at_once(overrides: list[str], problems: list[str]) -> None:
    with pytest.raises(ConfigError) as raised:
        split_axes(overrides)
    assert raised.value.problems == problems
