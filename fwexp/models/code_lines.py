"""How long an implementation is, with what it takes from files shared with other models.

Measured, since people claim that one framework needs less code than the other.
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec, resolve_name
from pathlib import Path
from pkgutil import iter_modules

FILES = ("torch.py", "keras.py")
SHARED = "{} shared"  # the key of what a file takes from others: "torch.py shared"
ALL = "*"
LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)

Place = tuple[str, str]  # a module, and a name at its top level, or ALL

# Only there to match the other framework: code written for one alone would use the stock layer.
ONLY_FOR_MATCHING: set[Place] = {
    ("fwexp.models.keras_layers", "BatchNorm"),
    ("fwexp.models.keras_layers", "padded"),
    ("fwexp.models.keras_layers", "wide_dtype"),
    ("fwexp.models.keras_attention", "Gelu"),
    ("fwexp.models.torch_layers", "Flatten"),
    ("fwexp.models.torch_lstm", "one_bias_lstm"),
}


def implementation_lines(package: str) -> dict[str, int]:
    """Lines of code in a model package's torch.py and keras.py, and in what each of them takes
    from shared files, under "torch.py shared" and "keras.py shared"."""
    found = {}
    for file in FILES:
        module = f"{package}.{file.removesuffix('.py')}"
        path = _file_of(module)
        assert path is not None, module  # the registry has built it
        found[file] = code_lines(path)
        found[SHARED.format(file)] = shared_lines(module)
    return found


def shared_lines(module: str) -> int:
    """Lines of code in the functions, classes and constants that a model's module imports from
    fwexp's shared model files or from its own project, and in what those use; each counted once.

    Left out are the spec, which both frameworks share, libraries, and ONLY_FOR_MATCHING.
    """
    top = module.split(".")[0]
    roots = ("fwexp.models",) if top == "fwexp" else ("fwexp.models", top)
    sources = {module: _read(module, roots)}
    counted: dict[str, set[int]] = {}
    seen: set[Place] = set()
    todo = list(sources[module].imports.values())
    while todo:
        place = todo.pop()
        if place in seen or place in ONLY_FOR_MATCHING:
            continue
        seen.add(place)
        file = place[0]
        source = sources.get(file) or sources.setdefault(file, _read(file, roots))
        nodes, elsewhere = source.find(place[1])
        todo += elsewhere
        for node in nodes:
            counted.setdefault(file, set()).update(source.code & _span(node))
            todo += source.used_by(node)
    return sum(len(lines) for lines in counted.values())


def code_lines(path: Path) -> int:
    """How many lines of a Python file hold code: blanks, comments and docstrings do not count."""
    return len(lines_of_code(path.read_text()))


def lines_of_code(source: str) -> set[int]:
    """The numbers, from 1, of the lines that hold code."""
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


@dataclass(frozen=True, kw_only=True)
class _Source:
    """A module's lines of code, and where its names come from."""

    module: str
    code: set[int] = field(default_factory=set)
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)  # at the top level
    imports: dict[str, Place] = field(default_factory=dict)  # by their name in this module

    def find(self, name: str) -> tuple[list[ast.stmt], list[Place]]:
        """What defines the name here, and where it is imported from."""
        if name == ALL:
            return [n for nodes in self.definitions.values() for n in nodes], []
        elsewhere = [self.imports[name]] if name in self.imports else []
        return self.definitions.get(name, []), elsewhere

    def used_by(self, node: ast.stmt) -> Iterator[Place]:
        names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        yield from ((self.module, name) for name in names & self.definitions.keys())
        yield from (self.imports[name] for name in names & self.imports.keys())


def _read(module: str, roots: tuple[str, ...]) -> _Source:
    path = _file_of(module)
    if path is None:
        return _Source(module=module)
    text = path.read_text()
    tree = ast.parse(text)
    definitions: dict[str, list[ast.stmt]] = {}
    for node in tree.body:
        for name in _defines(node):
            definitions.setdefault(name, []).append(node)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    taken = dict(_imports(tree, package=package, roots=roots))
    return _Source(module=module, code=lines_of_code(text), definitions=definitions, imports=taken)


def _defines(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name))


def _imports(
    tree: ast.Module, *, package: str, roots: tuple[str, ...]
) -> Iterator[tuple[str, Place]]:
    """Each name imported from a shared file, and its place there; libraries are skipped."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [(a.asname or a.name.split(".")[0], (a.name, ALL)) for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            modules = _modules_in(origin) if _is_under(roots, origin) else set()
            named = [(a.asname or a.name, a.name) for a in node.names]
            found = [
                (here, (f"{origin}.{name}", ALL) if name in modules else (origin, name))
                for here, name in named
            ]
        else:
            continue
        yield from ((n, p) for n, p in found if _is_under(roots, p[0]) and not _is_spec(p[0]))


def _is_under(roots: tuple[str, ...], module: str) -> bool:
    return any(f"{module}.".startswith(f"{root}.") for root in roots)


def _is_spec(module: str) -> bool:
    return module.rpartition(".")[2] == "spec"


def _modules_in(package: str) -> set[str]:
    """The modules in a package, found without importing them; empty for a plain module."""
    found = find_spec(package)
    folders = (found.submodule_search_locations if found else None) or []
    return {module.name for module in iter_modules(folders)}


def _file_of(module: str) -> Path | None:
    """The module's file; None if it does not exist or is not Python source."""
    found = find_spec(module)
    origin = found.origin if found else None
    return Path(origin) if origin and origin.endswith(".py") else None


def _span(node: ast.stmt) -> set[int]:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return set(range(first, (node.end_lineno or node.lineno) + 1))
