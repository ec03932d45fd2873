"""What varies in a sweep, and which runs have each value: for counts by axis."""

from collections.abc import Iterable, Mapping
from typing import Any

from fwexp.config.plain import to_plain
from fwexp.config.schema import Config

Axes = dict[str, dict[str, list[str]]]  # axis -> value -> ids of its runs


def runs_by_axis(configs: Mapping[str, Config], runs: Mapping[str, tuple[str, int]]) -> Axes:
    """For each axis that varies, each of its values with the ids of its runs.

    `runs` are by id: a key of `configs`, for those that differ in their seed alone, and the seed. A
    group varies by its option's name; a field of a group is an axis where it varies under one
    option.
    """
    plain = {key: to_plain(config) | {"seed": 0} for key, config in configs.items()}
    members: dict[str, list[str]] = {key: [] for key in configs}
    seeds: dict[str, list[str]] = {}
    for run_id, (key, seed) in runs.items():
        members[key].append(run_id)
        seeds.setdefault(str(seed), []).append(run_id)
    axes: Axes = {}
    for path in _varied(list(plain.values())):
        values: dict[str, list[str]] = {}
        for key, config in plain.items():
            values.setdefault(str(_value(config, path)), []).extend(members[key])
        axes[path] = {value: values[value] for value in _sorted(values)}
    return axes | ({"seed": {v: seeds[v] for v in _sorted(seeds)}} if len(seeds) > 1 else {})


def _varied(configs: list[dict[str, Any]]) -> list[str]:
    paths = []
    for group, first in configs[0].items() if configs else ():
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


def _sorted(values: Iterable[str]) -> list[str]:
    """Numbers by size, and before all words."""

    def key(value: str) -> tuple[bool, float, str]:
        try:
            return False, float(value), ""
        except ValueError:
            return True, 0.0, value

    return sorted(values, key=key)
