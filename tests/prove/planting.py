"""Plants a trap into the file that defines what the trap changes, whichever file that is."""

import ast
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.prove.traps import Rewrite, Trap

PACKAGES = {"torch": {"torch", "pytorch_lightning"}, "tf": {"tensorflow", "keras"}}


@contextmanager
def planted(trap: Trap, project: Path) -> Iterator[Path]:
    """The file that holds the trap while the block runs; afterwards it is as it was."""
    path = defining_file(trap, project)
    before = path.read_text()
    plant(trap, project)
    try:
        yield path
    finally:
        path.write_text(before)


def plant(trap: Trap, project: Path) -> Path:
    """Change the copy's file in which the trap's name is defined; gives that file."""
    path = defining_file(trap, project)
    text, name = path.read_text(), trap.at.partition(":")[2]
    for rewrite in trap.rewrites:
        text = _rewritten(text, name, rewrite)
    path.write_text(_wrapped(text, name, trap.wrap) if trap.wrap else text)
    return path


def defining_file(trap: Trap, project: Path) -> Path:
    """The one file of the trap's package and framework that defines its name, and makes in that
    definition the calls to rewrite."""
    package, _, name = trap.at.partition(":")
    calls = [rewrite.call for rewrite in trap.rewrites]
    found = []
    for path in sorted(project.joinpath(*package.split(".")).rglob("*.py")):
        tree = ast.parse(path.read_text())
        if not trap.framework or PACKAGES[trap.framework] & _imported(tree):
            definitions = _definitions(tree, name)
            found += [path for d in definitions if all(len(_calls(d, call)) == 1 for call in calls)]
    told = "".join([trap.at, *(f", calling {call} once," for call in calls)])
    files = ", ".join(str(path.relative_to(project)) for path in found)
    assert len(found) == 1, f"{told} must be defined once; it is in: {files or 'no file'}"
    return found[0]


def _imported(tree: ast.Module) -> set[str]:
    """The top-level packages that a file imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def _definitions(tree: ast.Module, qualified_name: str) -> list[ast.AST]:
    scopes: list[ast.AST] = [tree]
    for name in qualified_name.split("."):
        nodes = [node for scope in scopes for node in getattr(scope, "body", [])]
        kinds = (ast.FunctionDef, ast.ClassDef)
        scopes = [node for node in nodes if isinstance(node, kinds) and node.name == name]
    return scopes


def _calls(definition: ast.AST, name: str) -> list[ast.Call]:
    calls = [node for node in ast.walk(definition) if isinstance(node, ast.Call)]
    return [call for call in calls if ast.unparse(call.func).split(".")[-1] == name]


def _wrapped(text: str, name: str, wrap: Callable[[Any], Any]) -> str:
    """The replacement stands right after the definition, before anything can refer to that."""
    (outermost,) = _definitions(ast.parse(text), name.partition(".")[0])
    lines = text.splitlines(keepends=True)
    replaced = f"{name} = {wrap.__name__}({name})"
    lines.insert(outermost.end_lineno, f"\n\n{inspect.getsource(wrap)}\n\n{replaced}\n")
    return "".join(lines)


def _rewritten(text: str, name: str, rewrite: Rewrite) -> str:
    (definition,) = _definitions(ast.parse(text), name)
    (call,) = _calls(definition, rewrite.call)
    source = text.encode()
    lines = source.splitlines(keepends=True)
    start = sum(map(len, lines[: call.lineno - 1])) + call.col_offset
    end = sum(map(len, lines[: call.end_lineno - 1])) + call.end_col_offset
    instead = ast.unparse(_instead(call, name, rewrite))
    return (source[:start] + instead.encode() + source[end:]).decode()


def _instead(call: ast.Call, within: str, rewrite: Rewrite) -> ast.Call:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    for name, source in rewrite.keywords.items():
        if source is None:
            assert name in keywords, f"{within} must give {rewrite.call} the argument {name}"
            del keywords[name]
        else:
            keywords[name] = _expression(source)
    positional = rewrite.positional
    return ast.Call(
        func=_expression(rewrite.callee) if rewrite.callee else call.func,
        args=call.args if positional is None else [_expression(source) for source in positional],
        keywords=[ast.keyword(arg=name, value=value) for name, value in keywords.items()],
    )


def _expression(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body
