"""How many lines hold code, counted by hand."""

from pathlib import Path

import pytest

from fwexp.models.lines import code_lines

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
