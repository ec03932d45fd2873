"""A user's own folder of options, named with --config-dir."""

from pathlib import Path

import pytest

from fwexp.config.load import compose
from fwexp.config.paths import conf_dir
from fwexp.errors import ConfigError

MINE = """\
# my model
name: mine
implementation: mypackage.mymodel
options:
  width: 7
  activation: relu
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "it's mine, all"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "mine.yaml").write_text(MINE)
    return folder


def problems_of(folder: Path, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        compose(overrides, config_dirs=[str(folder)])
    return raised.value.problems


def test_a_users_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    for name in (str(folder), folder.name, f"{folder.name}/"):
        model = compose(["model=mine", "model.options.width=9"], config_dirs=[name]).model
        assert model.implementation == "mypackage.mymodel"
        assert model.options == {"width": 9, "activation": "relu"}


def test_our_options_come_first(folder: Path) -> None:
    (folder / "model" / "cnn.yaml").write_text(MINE)
    assert compose(["model=cnn"], config_dirs=[str(folder)]).model.name == "cnn"


def test_an_option_that_builds_on_ours(folder: Path) -> None:
    heir = "# cnn, wider\ndefaults:\n  - cnn\n  - _self_\nname: wide\noptions:\n  width: 64\n"
    (folder / "model" / "wide.yaml").write_text(heir)
    model = compose(["model=wide"], config_dirs=[str(folder)]).model
    assert (model.name, model.options) == ("wide", {"width": 64, "depth": 3})


def test_a_mistyped_key_is_named_with_its_file(folder: Path) -> None:
    file = folder / "model" / "mine.yaml"
    file.write_text(MINE.replace("implementation", "implementatoin"))
    assert problems_of(folder, "model=mine", "seed=-1") == [
        f"{file}: there is no key 'implementatoin' in model. Did you mean 'implementation'?",
        "seed=-1: must be from 0 to 4294967295.",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: mine\noptions: 3\n", "model.options must be a mapping, not 3."),
        ("name: [1]\n", "model.name must be text, not [1]."),
        ("- 1\n", "must hold keys and values, as ours do."),
    ],
)
def test_a_file_that_does_not_fit(folder: Path, text: str, message: str) -> None:
    file = folder / "model" / "mine.yaml"
    file.write_text(text)
    assert problems_of(folder, "model=mine") == [f"{file}: {message}"]


def test_a_file_that_is_no_yaml(folder: Path) -> None:
    file = folder / "model" / "mine.yaml"
    file.write_text("name: [1\n")
    (problem,) = problems_of(folder, "model=mine")
    assert problem.startswith(f"{file}: cannot be read: while parsing a flow sequence")


def test_a_value_that_the_file_leaves_out(folder: Path) -> None:
    (folder / "model" / "mine.yaml").write_text("# short\nname: mine\n")
    assert problems_of(folder, "model=mine", "seed=-1") == [
        "model.implementation: no value was given. Type model.implementation=… or add it "
        "to the option's file.",
        "seed=-1: must be from 0 to 4294967295.",
    ]
    complete = ["model=mine", "model.implementation=a.b"]
    assert compose(complete, config_dirs=[str(folder)]).model.implementation == "a.b"


def test_a_default_that_is_not_there(folder: Path) -> None:
    (folder / "model" / "mine.yaml").write_text("# heir\ndefaults:\n  - cnnn\n")
    assert problems_of(folder, "model=mine", "seed=-1") == [
        "In 'model/mine': Could not load 'model/cnnn'.",
        "seed=-1: must be from 0 to 4294967295.",
    ]


def test_an_unknown_option_lists_the_users_too(folder: Path) -> None:
    ours = [path.stem for path in (conf_dir() / "model").glob("*.yaml")]
    assert {"cnn", "mlp"} < set(ours)
    assert problems_of(folder, "model=xyz") == [
        f"model=xyz: there is no model 'xyz'. Choose from: {', '.join(sorted([*ours, 'mine']))}."
    ]


def test_a_group_of_the_users_own(folder: Path) -> None:
    (folder / "experiment").mkdir()
    file = folder / "experiment" / "quick.yaml"
    file.write_text("# @package _global_\nseed: 5\ntraining:\n  num_epochs: 1\n")
    config = compose(["+experiment=quick"], config_dirs=[str(folder)])
    assert (config.seed, config.training.num_epochs) == (5, 1)
    assert problems_of(folder, "experiment=quick") == [
        "experiment=quick: 'experiment' is not part of a run by default. "
        "Type +experiment=quick to add it."
    ]
    file.write_text("# @package _global_\nsede: 5\n")
    assert problems_of(folder, "+experiment=quick") == [
        f"{file}: there is no key 'sede'. Did you mean 'seed'?"
    ]


def test_a_folder_that_is_not_there(tmp_path: Path, folder: Path) -> None:
    file = folder / "model" / "mine.yaml"
    nowhere = tmp_path / "nowhere"
    with pytest.raises(ConfigError) as raised:
        compose(["model=mine"], config_dirs=[str(nowhere), str(folder), str(file)])
    assert raised.value.problems == [
        f"--config-dir={name}: there is no such folder. Name one that holds, say, model/mine.yaml."
        for name in (nowhere, file)
    ]
