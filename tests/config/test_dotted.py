"""One loader of "package.module:name": what is missing, and what to type instead."""

import sys
from pathlib import Path

import pytest

from fwexp.config.dotted import is_dotted, load_dotted
from fwexp.errors import ConfigError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "dotted_mine"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "tasks.py").write_text(
        "from pathlib import Path\n\nclass Mine:\n    pass\n\nSIZE = 3\n"
    )
    (folder / "empty.py").touch()
    (folder / "broken.py").write_text("import dotted_mine_not_installed\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return folder


def problem_of(path: str) -> str:
    with pytest.raises(ConfigError) as raised:
        load_dotted(path, key=f"data.task={path}")
    (problem,) = raised.value.problems
    return problem.removeprefix(f"data.task={path}: ")


@pytest.mark.usefixtures("package")
def test_what_a_path_names() -> None:
    assert load_dotted("dotted_mine.tasks:Mine", key="k").__name__ == "Mine"
    assert load_dotted("dotted_mine.tasks:SIZE", key="k") == 3


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (
            "no_such_package.tasks:Mine",
            "there is no module no_such_package. "
            "Install its package, or type python -m fwexp in the folder that holds it.",
        ),
        ("dotted_mine.task:Mine", "there is no module dotted_mine.task. Did you mean 'tasks'?"),
        (
            "dotted_mine.zzz:Mine",
            "there is no module dotted_mine.zzz. Choose from: broken, empty, tasks.",
        ),
        ("dotted_mine.tasks.more:Mine", "there is no module dotted_mine.tasks.more."),
    ],
)
def test_a_module_that_is_not_there(path: str, problem: str) -> None:
    assert problem_of(path) == problem


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("dotted_mine.tasks:Mines", " Did you mean 'Mine'?"),
        ("dotted_mine.tasks:Zzz", " Choose from: Mine."),
        ("dotted_mine.empty:Mine", ""),
    ],
)
def test_a_name_that_is_not_in_its_module(package: Path, path: str, hint: str) -> None:
    module, _, name = path.partition(":")
    file = package / f"{module.rpartition('.')[2]}.py"
    assert problem_of(path) == f"{file} has no {name}.{hint}"


@pytest.mark.usefixtures("package")
def test_an_import_of_the_modules_own_is_not_taken_for_it() -> None:
    with pytest.raises(ModuleNotFoundError, match="No module named 'dotted_mine_not_installed'"):
        load_dotted("dotted_mine.broken:Mine", key="k")


@pytest.mark.parametrize(
    ("path", "is_one"),
    [("a:b", True), ("a.b:C", True), ("a", False), ("a:", False), (":b", False), ("a..b:c", False)],
)
def test_the_form(path: str, *, is_one: bool) -> None:
    assert is_dotted(path) is is_one
