"""What in a Python file can change a result, as a digest; and what the file imports."""

import ast
import hashlib
import re
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

from fwexp.errors import ConfigError

TELLS = re.compile(
    r"print|warnings\.warn|sys\.(stderr|stdout)\.write"
    r"|_?(log|logger|logging)\.(debug|info|warning|error|critical|exception|log)",
    re.IGNORECASE,
)
STREAMS = ("sys.stderr", "sys.stdout")  # what is printed into another file may be read again
ACTS = ast.Call | ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom  # what evaluating can do


def parse(path: Path) -> ast.Module:
    """The file's syntax tree. ConfigError, with the line, where it is not valid Python."""
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        where = f"{path}, line {error.lineno}" if error.lineno else f"{path}"
        raise ConfigError([f"{where}: not valid Python: {error.msg}"]) from error
    except ValueError as error:  # null bytes, before Python 3.12
        raise ConfigError([f"{path}: not valid Python: {error}"]) from error


def digest_of(tree: ast.Module) -> str:
    """16 hexadecimal digits, the same in every version of Python, that change with the code but
    not with comments, layout, docstrings and the texts of messages."""
    parts: list[str] = []
    _dump(tree, parts)
    return hashlib.sha256("".join(parts).encode(errors="surrogatepass")).hexdigest()[:16]


def imported_names(tree: ast.Module, *, package: str) -> Iterator[str]:
    """The dotted name of all that is imported, anywhere in the file but for type checking.

    Each name of a `from` import is given as if it were a module; "package.*" stands for a star.
    """
    for node in _walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _absolute("." * node.level + (node.module or ""), package)
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and (name := _imported_by_call(node)):
            yield _absolute(name, package)


def _dump(node: ast.AST, into: list[str]) -> None:
    """Like ast.dump, whose text differs between versions of Python where a field is empty."""
    if isinstance(node, ast.Raise):
        node = ast.Raise(exc=_without_texts(node.exc), cause=node.cause)
    elif isinstance(node, ast.Assert):
        node = ast.Assert(test=node.test, msg=None)
    into.append(f"{type(node).__name__}(")
    for name in node._fields:
        value = getattr(node, name, None)
        if name == "ctx" or (value is None and name != "value"):  # ctx follows from the place
            continue
        into.append(f"{name}=[")
        start = len(into)
        for item in value if isinstance(value, list) else (value,):
            _dump_item(item, into)
        if len(into) > start:
            into.append("]")
        else:
            into.pop()
    into.append(")")


def _dump_item(item: Any, into: list[str]) -> None:
    """Of a statement that only tells, what it does beside that; of a bare constant, nothing."""
    if not isinstance(item, ast.AST):
        into.append(f"{item!r},")
    elif not isinstance(item, ast.Expr):
        _dump(item, into)
    elif isinstance(item.value, ast.Call) and _tells(item.value):
        for argument in (*item.value.args, *(keyword.value for keyword in item.value.keywords)):
            for act in _acts(argument):
                _dump(act, into)
    elif not isinstance(item.value, ast.Constant):  # a docstring, or "..."
        _dump(item, into)


def _tells(call: ast.Call) -> bool:
    files = [_dotted(keyword.value) for keyword in call.keywords if keyword.arg == "file"]
    is_named = TELLS.fullmatch(_dotted(call.func)) is not None
    return is_named and all(file in STREAMS for file in files)


def _acts(node: ast.AST) -> Iterator[ast.AST]:
    """The outermost parts of an expression that may do something, as model(x) does."""
    if isinstance(node, ACTS):
        yield node
        return
    for inner in ast.iter_child_nodes(node):
        yield from _acts(inner)


def _without_texts(raised: ast.expr | None) -> ast.expr | None:
    """The exception without the texts it is made with."""
    if not isinstance(raised, ast.Call):
        return raised
    kept = [argument for argument in raised.args if not _is_text(argument)]
    return ast.Call(func=raised.func, args=kept, keywords=raised.keywords)


def _is_text(node: ast.expr) -> bool:
    """Whether this is surely text, or a list of texts; by its form, since types are not known."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, str)
        case ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Mod()):
            return _is_text(left)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_text(left) or _is_text(right)
        case ast.Call(func=ast.Attribute(value=value, attr="format" | "join")):
            return _is_text(value)
        case ast.IfExp(body=body, orelse=orelse):
            return _is_text(body) and _is_text(orelse)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return all(_is_text(item) for item in items)
        case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item):
            return _is_text(item)
    return False


def _walk(tree: ast.Module) -> Iterator[ast.AST]:
    """The tree's nodes but those that are there for type checkers alone."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.If) and _dotted(node.test).endswith("TYPE_CHECKING"):
            todo += node.orelse
            continue
        for name in node._fields:  # ast.iter_child_nodes takes twice as long
            value = getattr(node, name, None)
            if isinstance(value, list):
                todo += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST):
                todo.append(value)


def _imported_by_call(call: ast.Call) -> str | None:
    """The name in import_module("name") and __import__("name"), where it is written out."""
    last = _dotted(call.func).rpartition(".")[2]
    if last not in ("import_module", "__import__") or not call.args:
        return None
    first = call.args[0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def _dotted(node: ast.AST) -> str:
    """a.b.c as text; "" for whatever is not a plain name."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _absolute(name: str, package: str) -> str:
    try:
        return resolve_name(name, package)
    except ImportError:  # beyond the top of its package: the import itself says so, at run time
        return name.lstrip(".")
