"""A named sweep: a YAML file that declares a matrix of runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import MISSING, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from fwexp.config.load import check_sweep
from fwexp.config.overrides import spread_sweeps
from fwexp.config.paths import sweeps_dir
from fwexp.config.suggestions import suggest
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
    folders = [Path("sweeps"), sweeps_dir()]
    for folder in folders:
        path = folder / f"{name}.yaml"
        if path.is_file():
            return _checked(_read(path), path, config_dirs)
    names = sorted({p.stem for folder in folders for p in folder.glob("*.yaml")})
    raise ConfigError([f"sweep {name!r}: there is no sweeps/{name}.yaml. {suggest(name, names)}"])


def _read(path: Path) -> SweepFile:
    try:
        merged = OmegaConf.merge(OmegaConf.structured(SweepFile), OmegaConf.load(path))
        if OmegaConf.is_missing(merged, "title"):
            raise ConfigError([f"{path}: has no title; add one: title: What it settles"])
        sweep: Any = OmegaConf.to_object(merged)
    except (OmegaConfBaseException, YAMLError, OSError, ValueError) as error:
        fields = ", ".join(SweepFile.__dataclass_fields__)
        reason = str(error).splitlines()[0]
        raise ConfigError([f"{path}: {reason}; a sweep has {fields}"]) from error
    problems = [
        f"{path}: cases[{number}] is not a list of overrides; write: - [model=mlp, data=digits]"
        for number, case in enumerate(sweep.cases)
        if not isinstance(case, list) or not all(isinstance(text, str) for text in case)
    ]
    problems += [
        f"{path}: matrix.{axis} is not a list of values; write: {axis}: [a, b]"
        for axis, values in sweep.matrix.items()
        if not isinstance(values, list) or not values
    ]
    if not sweep.matrix:
        problems.append(f"{path}: the matrix is empty; add an axis: framework: [torch, tf]")
    if problems:
        raise ConfigError(problems)
    return sweep  # type: ignore[no-any-return]


def _checked(sweep: SweepFile, path: Path, config_dirs: Sequence[str]) -> SweepFile:
    problems: list[str] = []
    for overrides in (sweep.as_overrides(), *sweep.cases):
        try:
            check_sweep(overrides, config_dirs=config_dirs)
        except ConfigError as error:
            problems += error.problems
    problems += _case_problems(sweep)
    if problems:
        raise ConfigError(f"{path}: {problem}" for problem in dict.fromkeys(problems))
    return sweep


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
