"""Reads YAML files, ours and the user's, and names the file and every key that does not fit."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fwexp.config.paths import values_dir
from fwexp.config.plain import from_plain
from fwexp.config.suggestions import suggest
from fwexp.config.values import Misfit, find_misfits, kind_at, words_of
from fwexp.errors import ConfigError

Kind = TypeVar("Kind")


def read_mapping(file: Path) -> dict[str, Any]:
    """The keys and values of a YAML file; ConfigError if it has none or cannot be read."""
    try:
        content = OmegaConf.to_container(OmegaConf.load(file))
    except (yaml.YAMLError, OmegaConfBaseException, UnicodeDecodeError, OSError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError([f"cannot be read: {reason}."]) from error
    if not isinstance(content, dict):
        raise ConfigError(["must hold keys and values, as ours do."])
    return {str(key): value for key, value in content.items()}


def read_file(file: Path, kind: type[Kind]) -> Kind:
    """The YAML file as that dataclass; ConfigError, naming the file, with all that does not fit."""
    try:
        content = read_mapping(file)
        found = [find_misfits(key, value, schema=kind) for key, value in content.items()]
        if misfits := [misfit.text for each in found for misfit in each]:
            raise ConfigError(misfits)
        merged: Any = OmegaConf.merge(OmegaConf.structured(kind), content)
        missing = [
            f"has no {key}; add it: {words_of(kind_at(key, schema=kind))}."
            for key in sorted(OmegaConf.missing_keys(merged))
        ]
        if missing:
            raise ConfigError(missing)
        return from_plain(OmegaConf.to_container(merged, resolve=True), kind)
    except ConfigError as error:
        raise ConfigError(f"{file}: {problem}" for problem in error.problems) from error
    except (OmegaConfBaseException, ValueError) as error:  # an interpolation, a list in a list
        raise ConfigError([f"{file}: {str(error).splitlines()[0]}"]) from error


def named_file(folder: str, name: str, *, what: str) -> Path:
    """The YAML file of that name, from ./folder or else from fwexp's own.

    ConfigError, starting with `what` was typed, if there is none.
    """
    files = _files_in(folder)
    if name not in files:
        raise ConfigError([f"{what}: there is no {folder}/{name}.yaml. {suggest(name, files)}"])
    return files[name]


def names_in(folder: str) -> list[str]:
    """The names that `named_file` knows."""
    return sorted(_files_in(folder))


def find_file_misfits(file: Path, *, group: str) -> Iterator[Misfit]:
    """Everything in a group's file that does not fit the schema, located by file."""
    try:
        content = read_mapping(file)
    except ConfigError as error:
        yield from (Misfit(path=group, where=str(file), text=text) for text in error.problems)
        return
    content.pop("defaults", None)
    header = re.search(r"^#\s*@package\s+(\S+)", file.read_text(), flags=re.MULTILINE)
    package = header.group(1) if header else group
    for key, value in content.items():
        path = key if package == "_global_" else f"{package}.{key}"
        for misfit in find_misfits(path, value):
            yield replace(misfit, where=str(file))


def _files_in(folder: str) -> dict[str, Path]:
    """By name; the user's come before fwexp's own."""
    folders = (values_dir(folder), Path(folder))
    return {file.stem: file for each in folders for file in each.glob("*.yaml")}
