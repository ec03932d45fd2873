"""What varies in a sweep, and which runs have each value: for counts by axis."""

from collections.abc import Mapping
from typing import Any


def axis_values(runs: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """For each axis that varies, each of its values with the ids of its runs.

    `runs` are typed configurations as plain data, by run id. A group varies by its option's name;
    a field of a group is an axis where it varies under one option.
    """
    axes: dict[str, dict[str, list[str]]] = {}
    for path in _varied(list(runs.values())):
        for run_id, config in runs.items():
            axes.setdefault(path, {}).setdefault(str(_value(config, path)), []).append(run_id)
    return axes


def _varied(configs: list[dict[str, Any]]) -> list[str]:
    paths = []
    for group, first in configs[0].items():
        if not isinstance(first, dict):
            if any(config[group] != first for config in configs):
                paths.append(group)
            continue
        if any(config[group].get("name") != first.get("name") for config in configs):
            paths.append(f"{group}.name")
        paths += [f"{group}.{name}" for name in _varied_fields([c[group] for c in configs])]
    return paths


def _varied_fields(groups: list[dict[str, Any]]) -> list[str]:
    """The fields that differ between two with one option's name."""
    seen: dict[tuple[Any, str], Any] = {}
    found: dict[str, None] = {}
    for group in groups:
        for name, value in group.items():
            if seen.setdefault((group.get("name"), name), value) != value:
                found[name] = None
    return list(found)


def _value(config: dict[str, Any], path: str) -> Any:
    group, _, name = path.partition(".")
    return config[group][name] if name else config[group]
