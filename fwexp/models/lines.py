"""How long an implementation is: a measured number, since people claim that one is shorter."""

import ast
import io
import tokenize
from pathlib import Path

LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


def code_lines(path: Path) -> int:
    """Lines of a Python file that hold code; blanks, comments and docstrings are left out."""
    return len(lines_of_code(path.read_text()))


def lines_of_code(source: str) -> set[int]:
    """The numbers of these lines, from 1."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    used: set[int] = set()
    for token in tokens:
        if token.type not in (*LAYOUT, tokenize.ENDMARKER):
            used |= set(range(token.start[0], token.end[0] + 1))
    return used - _docstring_lines(source)


def _docstring_lines(source: str) -> set[int]:
    lines: set[int] = set()
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, documented) and ast.get_docstring(node):
            first = node.body[0]
            lines |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines
