import ast

import pytest

from fwexp.identity.syntax import digest_of, imported_names

CODE = '''"""A module."""
import sys, warnings, logging
logger = logging.getLogger(__name__)

def scaled(x: float, by=2.0):
    """Scale."""
    if x < 0:
        raise ValueError(f"{x} is below 0")
    assert by, "by nothing"
    print("scaling")
    return f"a{x * by}"
'''


def digest(code: str) -> str:
    return digest_of(ast.parse(code))


@pytest.mark.parametrize(
    ("line", "another"),
    [
        ('"""A module."""', '"""Another docstring."""'),
        ('"""A module."""', ""),
        ('    """Scale."""', "    # Scale"),
        ("import sys, warnings, logging", "import sys, warnings, logging  # all three"),
        ("def scaled", "\n\n\ndef scaled"),
        ("by=2.0", "by = 2.00"),
        ('f"{x} is below 0"', '"negative: %s" % x'),
        ('f"{x} is below 0"', '"negative: " + str(x)'),
        ('f"{x} is below 0"', '"negative: {}".format(x)'),
        ('"by nothing"', '"by must not be 0"'),
        ('"scaling"', '"scales", x, file=sys.stderr'),
        ('print("scaling")', 'warnings.warn(f"scaling {x}", stacklevel=2)'),
        ('print("scaling")', 'logger.info("scaling %s", x)'),
        ('print("scaling")', 'sys.stderr.write("scaling")'),
        ('print("scaling")', "..."),
    ],
)
def test_what_only_documents_or_tells_changes_nothing(line: str, another: str) -> None:
    assert line in CODE
    assert digest(CODE.replace(line, another)) == digest(CODE)


@pytest.mark.parametrize(
    ("line", "another"),
    [
        ("x < 0", "x <= 0"),
        ("by=2.0", "by=2"),
        ("by=2.0", "by=None"),
        ("ValueError", "TypeError"),
        ('raise ValueError(f"{x} is below 0")', "x = 0"),
        ('ValueError(f"{x} is below 0")', 'ValueError(f"{x} is below 0", x)'),
        ("assert by", "assert x"),
        ('f"a{x * by}"', 'f"b{x * by}"'),  # texts may be keys
        ('print("scaling")', 'print(f"scaling {model(x)}")'),  # which may change its statistics
        ('print("scaling")', "print(x := 3)"),
        ('print("scaling")', 'print("scaling", file=table)'),
        ('print("scaling")', 'table.write("scaling")'),
        ('print("scaling")', 'warnings.simplefilter("error")'),
        ("return f", "return print() or f"),
    ],
)
def test_what_can_decide_changes_the_digest(line: str, another: str) -> None:
    assert line in CODE
    assert digest(CODE.replace(line, another)) != digest(CODE)


def test_a_print_that_calls_may_be_reworded() -> None:
    assert digest("print('loss', f(x))") == digest("print(f'the loss is {f(x)}')")


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import a.b, c as d", ["a.b", "c"]),
        ("from a import b, c", ["a", "a.b", "a.c"]),
        ("from a import *", ["a", "a.*"]),
        ("from . import b", ["mine.deep", "mine.deep.b"]),
        ("from ..other import b", ["mine.other", "mine.other.b"]),
        ("def f():\n    import a", ["a"]),
        ("try:\n    import a\nexcept ImportError:\n    a = None", ["a"]),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a", []),
        ("import typing\nif typing.TYPE_CHECKING:\n    import a\nelse:\n    import b", ["b"]),
        ("from importlib import import_module\nimport_module('.a', __package__)", ["mine.deep.a"]),
        ("import importlib\nimportlib.import_module('a.b')", ["a.b"]),
        ("__import__('a')", ["a"]),
        ("from importlib import import_module\nimport_module(name)", []),
    ],
)
def test_imports_that_are_followed(code: str, names: list[str]) -> None:
    found = imported_names(ast.parse(code), package="mine.deep")
    others = ("typing", "importlib", "typing.TYPE_CHECKING", "importlib.import_module")
    assert sorted(name for name in found if name not in others) == sorted(names)
