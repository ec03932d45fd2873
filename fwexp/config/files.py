"""Checks a user's YAML file of a config group and names the file and every bad key."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fwexp.config.values import Misfit, find_misfits


def find_file_misfits(file: Path, *, group: str) -> Iterator[Misfit]:
    """Everything in a group's file that does not fit the schema, located by file."""
    try:
        content = OmegaConf.to_container(OmegaConf.load(file))
    except (yaml.YAMLError, OmegaConfBaseException, UnicodeDecodeError, OSError) as error:
        reason = " ".join(str(error).split())
        yield Misfit(path=group, where=str(file), text=f"cannot be read: {reason}.")
        return
    if not isinstance(content, dict):
        yield Misfit(path=group, where=str(file), text="must hold keys and values, as ours do.")
        return
    content.pop("defaults", None)
    header = re.search(r"^#\s*@package\s+(\S+)", file.read_text(), flags=re.MULTILINE)
    package = header.group(1) if header else group
    for key, value in content.items():
        path = str(key) if package == "_global_" else f"{package}.{key!s}"
        for misfit in find_misfits(path, value):
            yield replace(misfit, where=str(file))
