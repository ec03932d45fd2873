"""From a model's configuration to its spec: every mistake named, with what to type instead."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fwexp.config.load import compose
from fwexp.config.schema import Config, Model
from fwexp.errors import ConfigError
from fwexp.models.differences import GELU, PADDING, POOL_PADDING, SECOND_BIAS, SPARSE_GRADIENT
from fwexp.models.initialization import INITIALIZERS
from fwexp.models.registry import GIVEN, declared_differences, load_spec

SPEC = """\
from dataclasses import dataclass

from fwexp.models.spec import Variable


@dataclass(frozen=True, kw_only=True)
class Spec:
    image_shape: tuple[int, ...]
    num_classes: int
    rate: float = 0.5
    wide: bool = False
    activation: str = "relu"

    def variables(self):
        return {"head.kernel": Variable(shape=(2, 2), initializer="zeros")}

    def blocks(self):
        return ["head"]
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request) -> Path:
    """A package of a name of its own, since Python keeps what it has imported."""
    folder = tmp_path / f"package_{abs(hash(request.node.name))}"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "spec.py").write_text(SPEC)
    monkeypatch.syspath_prepend(tmp_path)
    return folder


@pytest.fixture(scope="module")
def config() -> Config:
    return compose(["data=cifar10"])


def problems(config: Config, implementation: str, **options) -> list[str]:
    model = Model(name="mine", implementation=implementation, options=options)
    with pytest.raises(ConfigError) as raised:
        load_spec(model, config.data)
    return raised.value.problems


def test_the_data_set_gives_the_shape(config):
    spec = load_spec(Model(name="cnn", implementation="fwexp.models.cnn"), config.data)
    assert (spec.image_shape, spec.num_classes) == ((32, 32, 3), 10)


def test_a_model_that_does_not_fit_the_data_set(config, package):
    text = SPEC.replace("num_classes: int", "num_classes: int\n    vocabulary_size: int")
    (package / "spec.py").write_text(text)
    assert problems(config, package.name) == [
        "model=mine does not fit data=cifar10: it needs vocabulary_size, and that data set has "
        "image_shape, num_classes"
    ]


def test_all_that_is_lacking_is_named_at_once(config, package):
    needs = "num_classes: int\n    sequence_length: int\n    num_users: int\n    num_items: int"
    (package / "spec.py").write_text(SPEC.replace("num_classes: int", needs))
    assert problems(config, package.name) == [
        "model=mine does not fit data=cifar10: it needs sequence_length, num_users and num_items, "
        "and that data set has image_shape, num_classes"
    ]


def test_a_model_of_images_on_a_set_without_any(config):
    bare = replace(config.data, name="words", image_shape=None, num_classes=None)
    model = Model(name="mine", implementation="fwexp.models.mlp")
    with pytest.raises(ConfigError) as raised:
        load_spec(model, bare)
    assert raised.value.problems == [
        "model=mine does not fit data=words: it needs image_shape and num_classes, and that data "
        "set has none of what a model is built for"
    ]


def test_what_a_spec_can_do_without_may_be_lacking(config, package):
    text = SPEC.replace("rate: float", "vocabulary_size: int | None = None\n    rate: float")
    (package / "spec.py").write_text(text)
    model = Model(name="mine", implementation=package.name)
    assert load_spec(model, config.data).vocabulary_size is None  # type: ignore[attr-defined]
    read = replace(config.data, vocabulary_size=99)
    assert load_spec(model, read).vocabulary_size == 99  # type: ignore[attr-defined]


def test_a_data_set_has_a_key_for_all_that_is_given(config):
    assert set(GIVEN) <= vars(config.data).keys()


def test_options_reach_the_spec(config, package):
    model = Model(name="mine", implementation=package.name, options={"rate": 1, "wide": True})
    spec = load_spec(model, config.data)
    assert (spec.rate, spec.wide, spec.activation) == (1, True, "relu")  # type: ignore[attr-defined]


def test_a_misspelt_option(config):
    assert problems(config, "fwexp.models.cnn", widht=8) == [
        "model.options.widht: mine has no such option. Did you mean 'width'?"
    ]


def test_an_unknown_option_lists_the_others(config):
    assert problems(config, "fwexp.models.cnn", zzz=8) == [
        "model.options.zzz: mine has no such option. "
        "Choose from: depth, norm_epsilon, norm_momentum, width."
    ]


def test_the_data_sets_own_fields_are_no_options(config):
    assert problems(config, "fwexp.models.mlp", num_classes=3) == [
        "model.options.num_classes: mine has no such option. Choose from: depth, width."
    ]


def test_all_mistakes_at_once(config, package):
    assert problems(config, package.name, rate="fast", wide=1, activation=3, wdie=True) == [
        "model.options.rate=fast: must be of type float",
        "model.options.wide=1: must be of type bool",
        "model.options.activation=3: must be of type str",
        "model.options.wdie: mine has no such option. Did you mean 'wide'?",
    ]


def test_a_bool_is_no_number(config):
    assert problems(config, "fwexp.models.mlp", width=True) == [
        "model.options.width=True: must be of type int"
    ]


def test_what_the_spec_itself_refuses(config):
    assert problems(config, "fwexp.models.mlp", width=0) == [
        "model=mine: width and depth must be at least 1"
    ]


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        (
            "nowhere",
            "Install its package, or type python -m fwexp in the folder that holds it.",
        ),
        ("fwexp.models.lstn", "Did you mean 'lstm'?"),
    ],
)
def test_a_package_that_is_not_there(config, name, instead):
    assert problems(config, name) == [
        f"model.implementation={name}: there is no module {name}. {instead}"
    ]


def test_an_import_of_the_models_own_that_is_missing(config, package):
    """Not to be taken for a missing model, even where the names begin alike."""
    (package / "spec.py").write_text(f"import {package.name[:-1]}\n")
    with pytest.raises(ModuleNotFoundError, match=f"No module named '{package.name[:-1]}'"):
        load_spec(Model(name="mine", implementation=package.name), config.data)


def test_a_module_without_a_spec(config, package):
    (package / "spec.py").write_text("")
    assert problems(config, package.name) == [
        f"model.implementation={package.name}: {package / 'spec.py'} has no Spec."
    ]


def test_a_spec_declares_what_the_implementations_do_differently(config, package):
    model = Model(name="mine", implementation=package.name)
    assert declared_differences(model, config.data) == []
    own = SPEC.replace(
        "    def blocks", '    declared_differences = ("This.", "That.")\n\n    def blocks'
    )
    (package / "spec.py").write_text(own)
    del sys.modules[f"{package.name}.spec"]
    assert declared_differences(model, config.data) == ["This.", "That."]


@pytest.mark.parametrize(
    ("overrides", "declared"),
    [
        (["model=cnn"], [PADDING]),
        (["model=alexnet", "data=cifar10"], []),  # no convolution of it strides
        (["model=alexnet_full", "data=synthetic"], [PADDING]),
        (["model=resnet50", "data=cifar10"], [PADDING]),
        (["model=resnet50_full", "data=synthetic"], [PADDING, POOL_PADDING]),
        (["model=mobilenet", "data=cifar10"], [PADDING]),
        (["model=vgg19", "data=cifar10"], []),
        (["model=mlp"], []),
        (["model=lstm", "data=airline", "model.options.values_per_step=1"], [SECOND_BIAS]),
        (["model=gnmt", "data=verses"], [SECOND_BIAS, SPARSE_GRADIENT]),
        (["model=ncf", "data=ml100k"], [SPARSE_GRADIENT]),
        (["model=transformer", "data=text"], [SPARSE_GRADIENT, GELU]),
        (["model=encoder"], [GELU]),
        (["model=encoder", "data=passages"], [SPARSE_GRADIENT, GELU]),
    ],
)
def test_our_own_declare_what_is_true_of_them(overrides, declared):
    chosen = compose([*overrides, "training.batch_size=1"])
    assert declared_differences(chosen.model, chosen.data) == declared


def test_an_initializer_that_we_do_not_have(config, package):
    (package / "spec.py").write_text(SPEC.replace('"zeros"', '"orthogonal"'))
    assert problems(config, package.name) == [
        "model=mine: head.kernel has the initializer 'orthogonal'; "
        f"choose from {', '.join(INITIALIZERS)}"
    ]
    assert {"he_normal", "glorot_uniform", "zeros", "ones"} <= set(INITIALIZERS)
