"""Lines of code, counted by hand: in a file, and in what it takes from others."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fwexp.models.code_lines import code_lines, implementation_lines, shared_lines

SNIPPET = '''\
"""A docstring
of two lines."""

# a comment
import keras  # 1


class Model:  # 2
    """Another docstring."""

    # another comment
    text = """two lines

    that count, and a blank one inside"""  # 3, 4 and 5

    def build(self, spec):  # 6
        """And one

        of four
        lines."""
        return keras.Sequential(  # 7
            [
                # a comment within
                keras.layers.Dense(  # 9; 8 is the bracket
                    spec.width,  # 10

                ),  # 11
            ]  # 12
        )  # 13


async def later():  # 14
    """Not counted."""
    x = 1; y = 2  # 15
    return x \\
        + y  # 16 and 17
'''


def lines_of(folder: Path, text: str) -> int:
    file = folder / "model.py"
    file.write_text(text)
    return code_lines(file)


def test_lines_of_code_are_counted_and_no_others(tmp_path: Path) -> None:
    assert lines_of(tmp_path, SNIPPET) == 17


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("\n\n# only words\n", 0),
        ('"""Only words."""\n', 0),
        ("x = 1", 1),
        ("x = (\n    1\n)\n", 3),
        ('x = 1\n"""A string that documents nothing."""\n', 2),
        ('def f():\n    """One."""\n\n    """Two, which is none."""\n', 2),
    ],
)
def test_edges(tmp_path: Path, text: str, count: int) -> None:
    assert lines_of(tmp_path, text) == count


def test_blanks_and_comments_change_nothing(tmp_path: Path) -> None:
    spread = SNIPPET.replace("class", "# more\n\n\nclass").replace(
        "        return", "\n        return"
    )
    assert len(spread.splitlines()) == len(SNIPPET.splitlines()) + 4
    assert lines_of(tmp_path, spread) == 17


LAYERS = '''\
"""Shared layers."""

import torch

from .constants import SIZE, UNUSED

SCALE = 2  # a constant: 1 line


def decorated(f):  # 2 and 3
    return f


@decorated
class Used:  # 4 and 5, with the decorator
    """Not counted."""

    size = SIZE  # 6

    def forward(self, x):  # 7

        return _own(x)  # 8


def _own(x):  # 9
    return SCALE * x  # 10


class Unused:
    pass
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's project with a model in it, importable under a name that nothing else has."""
    folder = tmp_path / "lines_project"
    (folder / "model").mkdir(parents=True)
    for file in ("__init__.py", "model/__init__.py"):
        (folder / file).write_text("")
    (folder / "layers.py").write_text(LAYERS)
    (folder / "constants.py").write_text("SIZE: int = (\n    3\n)\nUNUSED = 1\n")
    (folder / "model" / "spec.py").write_text("class Spec:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("lines_project")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("import torch\nx = torch.nn\n", 0),
        ("from .spec import Spec\n", 0),
        ("from ..constants import SIZE\n", 3),
        ("from ..layers import SCALE\n", 1),
        ("from ..layers import Used\n", 10 + 3),  # and SIZE, three lines of constants.py
        ("from ..layers import Used as U, SCALE, _own\n", 10 + 3),  # each once
        ("from lines_project.layers import Unused\n", 2),
        ("from ..layers import SIZE\n", 3),  # where it is defined
        ("from .. import constants\n", 4),  # a module: everything in it
        ("import lines_project.constants as c\n", 4),
        ("from fwexp.models.torch_layers import Mean\n", 3),
    ],
)
def test_what_a_file_takes_is_counted_once(project: Path, text: str, count: int) -> None:
    (project / "model" / "torch.py").write_text(text)
    assert shared_lines("lines_project.model.torch") == count


def test_own_and_shared_are_told_apart(project: Path) -> None:
    (project / "model" / "torch.py").write_text("from ..layers import SCALE\n\nx = SCALE\n")
    (project / "model" / "keras.py").write_text("x = 1\n")
    assert implementation_lines("lines_project.model") == {
        **{"torch.py": 2, "torch.py shared": 1},
        **{"keras.py": 1, "keras.py shared": 0},
    }


def test_the_transformer_block_counts_with_the_transformer() -> None:
    found = implementation_lines("fwexp.models.transformer")
    assert found["torch.py shared"] > 2 * found["torch.py"]
    assert found["keras.py shared"] > 2 * found["keras.py"]


def test_counting_imports_no_framework() -> None:
    code = (
        "import sys; from fwexp.models.code_lines import implementation_lines\n"
        "implementation_lines('fwexp.models.cnn')\n"
        "print(sorted({'torch', 'keras', 'tensorflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
