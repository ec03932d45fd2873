"""The calls in a model's file, read without importing it."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from fwexp.models.signatures import positions

UNKNOWN = object()  # the value of an argument that is not a literal
FOREIGN = sys.stdlib_module_names | {"numpy", "scipy"}  # whose calls build no layer
PRODUCTS = ("matmul", "bmm", "einsum", "dot", "baddbmm")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: what is called, and its arguments by name, those given by position too."""

    path: str  # torch.nn.Dropout, as its file's imports resolve it
    file: str  # torch.py | keras.py
    arguments: dict[str, object]  # UNKNOWN where the value is not a literal
    line: int
    last_line: int
    is_own: bool  # of something that the file defines, or its own package does
    is_where_matrices_multiply: bool  # in a class, or a function outside any, that does so

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def is_method(self) -> bool:
        """Whether it is of an object that the file makes."""
        return self.is_own and "." in self.path

    def is_named(self, *names: str) -> bool:
        """Whether it is one of these names of a framework's."""
        return self.name in names and not self.is_own

    def is_like(self, pattern: str) -> bool:
        """Whether its whole name, a framework's, is of this pattern."""
        return re.fullmatch(pattern, self.name) is not None and not self.is_own

    def has(self, argument: str, *values: object) -> bool:
        """Whether the argument is given as one of these values; 0 is False, and 0.0."""
        return argument in self.arguments and self.arguments[argument] in values

    def is_set(self, argument: str) -> bool:
        """Whether the argument is given and is not None."""
        return self.arguments.get(argument) is not None


def calls(tree: ast.Module, *, file: str) -> list[Call]:
    """All calls in the file that may make a layer or use one, decorators too, by line."""
    reader = _Reader(tree, file)
    found = [reader.call(node, scope) for node, scope in _in_scopes(tree, tree)]
    return sorted(
        (call for call in found if call.path.partition(".")[0] not in FOREIGN),
        key=lambda call: call.line,
    )


class _Reader:
    def __init__(self, tree: ast.Module, file: str) -> None:
        self.file = file
        self.imported = dict(_imports(tree))
        self.bound = set(_bound(tree))

    def call(self, node: ast.expr, scope: ast.AST) -> Call:
        function = node.func if isinstance(node, ast.Call) else node
        root, *rest = _dotted(function)
        path = ".".join([self.imported.get(root, root), *rest])
        by_name = dict(self._arguments(node, path.rpartition(".")[2]))
        return Call(
            path=path,
            file=self.file,
            arguments=by_name,
            line=node.lineno,
            last_line=node.end_lineno or node.lineno,
            is_own=root in self.bound and root not in self.imported,
            is_where_matrices_multiply=any(map(_is_product, ast.walk(scope))),
        )

    def _arguments(self, node: ast.expr, name: str) -> Iterator[tuple[str, object]]:
        if not isinstance(node, ast.Call):
            return
        for argument, value in zip(positions(name, file=self.file), node.args, strict=False):
            if isinstance(value, ast.Starred):
                break  # how many it stands for is unknown
            yield argument, _value(value)
        yield from ((k.arg, _value(k.value)) for k in node.keywords if k.arg is not None)


def _in_scopes(node: ast.AST, scope: ast.AST) -> Iterator[tuple[ast.expr, ast.AST]]:
    """Calls and decorators, each with its class; with its outermost function outside any."""
    for child in ast.iter_child_nodes(node):
        is_first = isinstance(scope, ast.Module) and isinstance(child, ast.FunctionDef)
        inner = child if is_first or isinstance(child, ast.ClassDef) else scope
        if isinstance(child, ast.Call):
            yield child, inner
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield from ((d, inner) for d in child.decorator_list if not isinstance(d, ast.Call))
        yield from _in_scopes(child, inner)


def _is_product(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return _dotted(node.func)[-1] in PRODUCTS
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)


def _dotted(function: ast.expr) -> list[str]:
    """nn.Dropout -> nn, Dropout; an empty first part where it is no name."""
    if isinstance(function, ast.Attribute):
        return [*_dotted(function.value), function.attr]
    return [function.id if isinstance(function, ast.Name) else ""]


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each imported name and what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield alias.asname or top, alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            yield from ((a.asname or a.name, f"{origin}.{a.name}") for a in node.names)


def _bound(tree: ast.Module) -> Iterator[str]:
    """Every name that the file assigns, defines or takes as an argument."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg


def _value(node: ast.expr) -> object:
    try:
        value: object = ast.literal_eval(node)
    except ValueError:
        return UNKNOWN
    return tuple(value) if isinstance(value, list) else value
