"""A full-size model's certificate: of its own size but for the locked steps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fwexp.config.choices import find_folders
from fwexp.config.paths import conf_dir
from fwexp.config.schema import Config
from fwexp.data.dataset import DataSet, Split
from fwexp.errors import ConfigError
from fwexp.launch.combine import resolved
from fwexp.models.registry import load_spec
from fwexp.parity.certify import certify, describe
from fwexp.parity.key import certificate_key
from fwexp.parity.stand_in import cut_images, describe_stand_in, stand_in_of
from fwexp.store.certificate import Certificate
from fwexp.store.store import Store
from tests.tiny import SharedServers, tiny_config, warm_servers

OPTIONS = find_folders(conf_dir(), config_dirs=[]).options("model")
FULL = [name for name in OPTIONS if name.endswith("_full")]
DATA = {"gnmt_full": "synthetic_pairs", "ncf_full": "synthetic_ratings"}
SMALL = """\
# a user's model, small
name: small
implementation: tests.parity.faulty
options:
  width: 3
"""
LARGE = """\
# a user's model, large
name: large
implementation: tests.parity.faulty
stand_in: small
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conf")
    (folder / "model").mkdir()
    (folder / "model" / "small.yaml").write_text(SMALL)
    (folder / "model" / "large.yaml").write_text(LARGE)
    return folder


def large(folder: Path, *overrides: str) -> Config:
    chosen = ["model=large", "data=digits", "hardware.num_threads=1"]
    return resolved([*chosen, *overrides], [str(folder)])


def make(config: Config, store: Path) -> Certificate:
    return certify(config, store=Store(store), servers=warm_servers(), say=lambda _: None)


def test_the_certificate_says_whose_steps_they_are(folder: Path, tmp_path: Path) -> None:
    certificate = make(large(folder), tmp_path)
    assert certificate.passed, describe(certificate)
    assert [stage.name for stage in certificate.stages] == [
        *("data", "parameters", "initial weights", "shapes", "forward", "loss", "gradients"),
        "forward in float32",
        *("loss, of small", "optimizer steps, of small", "optimizer state, of small"),
        *("statistics, of small", "evaluation after training, of small"),
        *("free steps", "evaluation"),
    ]
    own = {stage.name: stage.where for stage in certificate.stages}
    assert own["loss"] == "loss"  # that of the gradients; `fit` reports the stand-in's
    # of the large one: 3·3·1·4 and 3·3·4·4 in the convolutions, 2·4 in the norm, 4·4·4·10 + 10
    assert certificate.num_parameters == 36 + 144 + 8 + 650
    assert certificate.stand_in == "small"
    assert describe(certificate).startswith("parity of large × adam × digits: passed, 15 stages, ")
    assert describe(certificate).endswith(" at most; the locked steps are those of small")


def test_a_fault_of_the_stand_in_alone_fails(folder: Path, tmp_path: Path) -> None:
    """Whatever its stage: the steps would be those of another computation."""
    certificate = make(large(folder, "++model.stand_in_options.fault=slope"), tmp_path)
    first = next(stage for stage in certificate.stages if not stage.passed)
    assert (first.name, first.where) == ("forward, of small", "relu1")
    assert "probable trap: a nonzero slope below zero" in first.detail
    assert not certificate.passed


def test_a_fault_of_the_full_size_alone_fails(folder: Path, tmp_path: Path) -> None:
    certificate = make(large(folder, "++model.options.fault=same padding"), tmp_path)
    first = next(stage for stage in certificate.stages if not stage.passed)
    assert (first.name, first.where) == ("forward", "conv2")
    assert [s.name for s in certificate.stages if not s.passed and ", of " in s.name] == []


def test_a_stand_in_that_does_not_fit_is_told_before_anything_runs(
    folder: Path, tmp_path: Path
) -> None:
    config = large(folder, "++model.stand_in_options.depth=3")
    with pytest.raises(ConfigError) as raised:
        certify(config, store=Store(tmp_path), servers=SharedServers([]), say=lambda _: None)  # type: ignore[arg-type]
    assert raised.value.problems == [
        "model.options.depth: small has no such option. Did you mean 'width'?"
    ]


def test_the_key_is_of_both(folder: Path) -> None:
    variants = [[], ["model.stand_in_options.width=2"], ["model.stand_in=null"]]
    assert len({certificate_key(large(folder, *chosen)) for chosen in variants}) == 3


@pytest.mark.parametrize("model", FULL)
def test_every_full_size_has_one_that_works_on_its_throughput_data(model: str) -> None:
    config = resolved([f"model={model}", f"data={DATA.get(model, 'synthetic')}"])
    smaller = stand_in_of(config)
    assert smaller is not None
    assert smaller.model.name == model.removesuffix("_full")
    assert num_values(smaller) < 8e6  # 21 states of it, in float64 and with Adam's: 4 GB
    assert num_values(smaller) < num_values(config) / 4


def num_values(config: Config) -> int:
    variables = load_spec(config.model, config.data).variables().values()
    return sum(int(np.prod(variable.shape)) for variable in variables)


def test_six_models_are_quoted_at_their_full_size() -> None:
    assert len(FULL) == 6


def test_a_model_without_a_stand_in_stands_for_itself() -> None:
    assert stand_in_of(tiny_config()) is None
    assert describe_stand_in(tiny_config()) == ""


def test_the_stand_in_sees_the_middle_of_larger_images() -> None:
    config = resolved(["model=vgg19_full", "data=synthetic", "data.image_shape=[224,48,3]"])
    smaller = stand_in_of(config)
    assert smaller is not None
    assert smaller.data.image_shape == [64, 48, 3]
    assert describe_stand_in(config) == "vgg19 at 64 × 48 pixels"
    assert replace(smaller, model=config.model, data=config.data) == config
    images = np.arange(2 * 8 * 6).reshape(2, 8, 6, 1)
    split = Split(inputs={"x": images}, targets=np.arange(2))
    data = DataSet(name="", train=split, test=split, sha256="", source="", licence="")
    cut = cut_images(data, shape=[4, 6, 1])
    for part in (cut.train, cut.test):
        np.testing.assert_array_equal(part.inputs["x"], images[:, 2:6])
        np.testing.assert_array_equal(part.targets, split.targets)
    assert cut_images(data, shape=None) is data
