"""A stand-in is found among the models, and is refused where it cannot stand in."""

from pathlib import Path

import pytest

from fwexp.config.load import compose
from fwexp.errors import ConfigError

USERS = """\
# a user's model in two sizes
name: {name}
implementation: mine.net
{stand_in}
options:
  width: {width}
"""


def refusal(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        compose(overrides)
    return raised.value.problems


def test_its_options_are_read_from_its_file() -> None:
    model = compose(["model=vgg19_full"]).model
    assert model.stand_in == "vgg19"
    assert model.stand_in_options == compose(["model=vgg19"]).model.options
    assert model.options == {"width": 64, "dense_width": 4096}


def test_what_is_typed_for_them_stays() -> None:
    model = compose(["model=vgg19_full", "model.stand_in_options.width=4"]).model
    assert model.stand_in_options == {"width": 4, "dense_width": 128}


def test_a_model_without_one() -> None:
    assert compose(["model=cnn"]).model.stand_in is None
    assert compose(["model=vgg19_full", "model.stand_in=null"]).model.stand_in_options == {}


def test_of_a_users_own_folder(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for name, stand_in, width in (("big", "stand_in: little", 90), ("little", "", 9)):
        text = USERS.format(name=name, stand_in=stand_in, width=width)
        (tmp_path / "model" / f"{name}.yaml").write_text(text)
    model = compose(["model=big"], config_dirs=[str(tmp_path)]).model
    assert (model.options, model.stand_in_options) == ({"width": 90}, {"width": 9})


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["model=vgg19_full", "model.stand_in=vgg"],
            "model.stand_in=vgg: there is no model 'vgg'. Did you mean 'vgg19'?",
        ),
        (
            ["model=vgg19_full", "model.stand_in=cnn"],
            "model.stand_in=cnn: it is fwexp.models.cnn, but vgg19_full is fwexp.models.vgg19. "
            "Name a smaller option of the same implementation.",
        ),
        (
            ["model=vgg19", "model.stand_in=vgg19_full"],
            "model.stand_in=vgg19_full: it has a stand-in itself: vgg19. "
            "Type model.stand_in=vgg19.",
        ),
        (
            ["model=cnn", "model.stand_in_options.width=3"],
            "model.stand_in_options: of which model? Also type model.stand_in=….",
        ),
    ],
)
def test_a_refusal(overrides: list[str], message: str) -> None:
    assert refusal(*overrides) == [message]
