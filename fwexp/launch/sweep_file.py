"""A named sweep: a YAML file that declares a matrix of runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from fwexp.config.files import named_file, read_file
from fwexp.config.load import check_sweep
from fwexp.config.overrides import spread_sweeps
from fwexp.errors import ConfigError
from fwexp.store.store import check_sweep_name

Value = int | float | str | bool


@dataclass(kw_only=True)
class SweepFile:
    title: str = MISSING
    matrix: dict[str, Any] = field(default_factory=dict)  # axis -> the list of its values
    cases: list[Any] = field(default_factory=list)  # lists of overrides that belong together
    overrides: list[str] = field(default_factory=list)  # for every run

    def as_overrides(self) -> list[str]:
        """The matrix and the overrides, as typed after -m; without the cases."""
        axes = (f"{axis}={','.join(map(_typed, values))}" for axis, values in self.matrix.items())
        return [*axes, *self.overrides]


def read_sweep(name: str, *, config_dirs: Sequence[str]) -> SweepFile:
    """The sweep of that name, from ./sweeps or from fwexp's own.

    Raises ConfigError, naming the file, if it does not exist or does not hold a sweep.
    """
    check_sweep_name(name)
    path = named_file("sweeps", name, what=f"sweep {name!r}")
    sweep = read_file(path, SweepFile)
    problems = _shape_problems(sweep) or [*_override_problems(sweep, config_dirs)]
    if problems:
        raise ConfigError(f"{path}: {problem}" for problem in dict.fromkeys(problems))
    return sweep


def _shape_problems(sweep: SweepFile) -> list[str]:
    problems = [
        f"cases[{number}] is not a list of overrides; write: - [model=mlp, data=digits]"
        for number, case in enumerate(sweep.cases)
        if not isinstance(case, list) or not all(isinstance(text, str) for text in case)
    ]
    problems += [
        f"matrix.{axis} is not a list of values; write: {axis}: [a, b]"
        for axis, values in sweep.matrix.items()
        if not isinstance(values, list) or not values
    ]
    if not sweep.matrix:
        problems.append("the matrix is empty; add an axis: framework: [torch, tf]")
    return problems


def _override_problems(sweep: SweepFile, config_dirs: Sequence[str]) -> Iterator[str]:
    for overrides in (sweep.as_overrides(), *sweep.cases):
        try:
            check_sweep(overrides, config_dirs=config_dirs)
        except ConfigError as error:
            yield from error.problems
    yield from _case_problems(sweep)


def _case_problems(sweep: SweepFile) -> Iterator[str]:
    """What a case may not set: it would be overridden, or be a sweep within the sweep."""
    shared = {_key(text) for text in sweep.as_overrides()}
    for number, case in enumerate(sweep.cases):
        for text in case:
            where = f"cases[{number}]: {text}"
            if _key(text) == "seed":
                yield f"{where}: all cases have the same seeds; add a matrix axis: seed: [0]"
            elif _key(text) in shared:
                yield f"{where}: {_key(text)} is also set for all cases; remove one of the two."
            elif spread_sweeps([text]) != [text]:
                yield f"{where}: a case has one value per key; write a case for every value."


def _key(override: str) -> str:
    return override.lstrip("+~").partition("=")[0]


def _typed(value: Value | list[Value] | None) -> str:
    return "null" if value is None else str(value)
