"""Every file of values under conf/ composes and says in its first line what it is."""

from pathlib import Path

import pytest

from fwexp.config import compose
from fwexp.config.paths import conf_dir

FILES = sorted(conf_dir().rglob("*.yaml"))
OPTIONS = [path.relative_to(conf_dir()) for path in FILES if path.parent != conf_dir()]
NEEDS = {"precision=fp16": ["hardware=gpu"], "precision=tf32": ["hardware=gpu"]}


def names(path: Path) -> str:
    return str(path)


@pytest.mark.parametrize("option", OPTIONS, ids=names)
def test_composes(option: Path) -> None:
    override = f"{option.parent}={option.stem}"
    config = compose([override, *NEEDS.get(override, [])])
    assert getattr(config, str(option.parent)).name == option.stem


@pytest.mark.parametrize("path", FILES, ids=names)
def test_first_line_says_what_it_is(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    assert first.startswith("# ")
    assert len(first) > 10


def test_there_are_options() -> None:
    assert len(OPTIONS) >= 20
