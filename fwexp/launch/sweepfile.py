"""A named sweep: a YAML file that declares a matrix of runs."""

import difflib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import MISSING, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from fwexp.config.paths import sweeps_dir
from fwexp.errors import ConfigError
from fwexp.runs.store import check_sweep_name

Value = int | float | str | bool


@dataclass(kw_only=True)
class SweepFile:
    title: str = MISSING
    matrix: dict[str, Any] = field(default_factory=dict)  # axis -> its values
    overrides: list[str] = field(default_factory=list)  # for every run alike


def read_sweep(name: str) -> SweepFile:
    """The sweep of that name, from ./sweeps or from fwexp's own.

    Raises ConfigError, naming the file, when it is not there or does not hold a sweep.
    """
    check_sweep_name(name)
    folders = [Path("sweeps"), sweeps_dir()]
    for folder in folders:
        path = folder / f"{name}.yaml"
        if path.is_file():
            return _read(path)
    names = sorted({p.stem for folder in folders for p in folder.glob("*.yaml")})
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there is: {', '.join(names)}"
    raise ConfigError([f"sweep {name!r}: no sweeps/{name}.yaml; {hint}"])


def _read(path: Path) -> SweepFile:
    try:
        merged = OmegaConf.merge(OmegaConf.structured(SweepFile), OmegaConf.load(path))
        sweep: Any = OmegaConf.to_object(merged)
    except (OmegaConfBaseException, YAMLError, OSError, ValueError) as error:
        fields = ", ".join(SweepFile.__dataclass_fields__)
        reason = str(error).splitlines()[0]
        raise ConfigError([f"{path}: {reason}; a sweep has {fields}"]) from error
    problems = [
        f"{path}: matrix.{axis} is empty; give it values: {axis}: [a, b]"
        for axis, values in sweep.matrix.items()
        if not isinstance(values, list) or not values
    ]
    if not sweep.matrix:
        problems.append(f"{path}: the matrix is empty; give it an axis: framework: [torch, tf]")
    if problems:
        raise ConfigError(problems)
    return sweep  # type: ignore[no-any-return]
