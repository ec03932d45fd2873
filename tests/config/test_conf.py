"""Every file of values under conf/ composes and says in its first line what it is."""

from pathlib import Path

import pytest

from fwexp.config.load import compose
from fwexp.config.paths import conf_dir

FILES = sorted(conf_dir().rglob("*.yaml"))
OPTIONS = [
    path.relative_to(conf_dir())
    for path in FILES
    if path.parent != conf_dir() and path.parent.name != "preset"  # which is no group of a run
]
NEEDS = {"precision=fp16": ["hardware=gpu"], "precision=tf32": ["hardware=gpu"]}


def names(path: Path) -> str:
    return str(path)


@pytest.mark.parametrize("option", OPTIONS, ids=names)
def test_composes(option: Path) -> None:
    override = f"{option.parent}={option.stem}"
    config = compose([override, *NEEDS.get(override, [])])
    assert getattr(config, str(option.parent)).name == option.stem


def test_the_debug_preset_chooses_in_several_groups() -> None:
    config = compose(["+preset=debug", "model=mlp"])
    chosen = (config.execution.name, config.training.name, config.tracking.name, config.model.name)
    assert chosen == ("debug", "debug", "none", "mlp")


@pytest.mark.parametrize("path", FILES, ids=names)
def test_first_line_says_what_it_is(path: Path) -> None:
    lines = path.read_text().splitlines()
    first = next(line for line in lines if line != "# @package _global_")  # which is Hydra's
    assert first.startswith("# ")
    assert len(first) > 10


def test_there_are_options() -> None:
    assert len(OPTIONS) >= 20
