"""Rules of the house that the code's own text shows: what is checked, installed, and kept apart."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
ONLY_WITH_ITS_DEVICE = {"torch_xla"}  # a TPU's machine brings it
IN_A_RUN = ("data", "meters", "models", "runs", "tasks", "trainers")  # what its process executes


def recipe(target: str) -> list[str]:
    """The commands of a target in the Makefile."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    match = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert match is not None, target
    return [line.strip() for line in match[1].splitlines()]


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


def distribution(requirement: str) -> str:
    """A requirement's name as the index spells it: PyYAML>=6 is pyyaml."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def imported_modules(folder: Path = ROOT / "fwexp") -> set[str]:
    """The modules that any file there imports, at the top or in a function."""
    modules = set()
    for node in nodes(folder):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
    return modules


def nodes(folder: Path, *, but: str = "") -> Iterator[ast.AST]:
    """Every part of every file there, but for those of that name."""
    for path in folder.rglob("*.py"):
        if path.name == but:
            continue
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def test_a_commit_is_checked_by_the_commands_of_make_check() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert [hook["entry"] for hook in hooks] == recipe("check")


def test_ci_runs_the_readmes_commands() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "make check" in lines
    assert [line for line in lines if line.startswith("make test")]


def test_every_import_is_a_declared_dependency() -> None:
    declared = {distribution(requirement) for requirement in project()["dependencies"]}
    owners = packages_distributions()
    imported = {module.split(".")[0] for module in imported_modules()}
    foreign = imported - set(sys.stdlib_module_names) - ONLY_WITH_ITS_DEVICE - {"fwexp"}
    undeclared = {
        module
        for module in foreign
        if not declared & {distribution(owner) for owner in owners.get(module, [module])}
    }
    assert undeclared == set()


def test_every_dependency_is_pinned() -> None:
    pins = [
        line
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin)] == []
    declared = project()["dependencies"] + project()["optional-dependencies"]["dev"]
    pinned = {distribution(pin.split("==")[0]) for pin in pins}
    assert {distribution(requirement) for requirement in declared} - pinned == set()


def test_what_a_run_executes_does_not_know_what_tracks_it() -> None:
    """So that tracking can cost no step: it is not there before the record is."""
    for package in IN_A_RUN:
        folder = ROOT / "fwexp" / package
        imported = imported_modules(folder)
        assert imported, package
        assert {m for m in imported if m.startswith(("wandb", "fwexp.tracking"))} == set(), package
        parts = list(nodes(folder, but="identity.py"))  # which names it to leave it out of the id
        read = {node.attr for node in parts if isinstance(node, ast.Attribute)}
        named = {node.value for node in parts if isinstance(node, ast.Constant)}
        assert "tracking" not in read | named, package
