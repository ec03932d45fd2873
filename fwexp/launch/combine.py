"""Every combination of a sweep's axes, with each config group composed once.

A group's options and values only affect that group, so a combination is assembled from typed
parts: the number of compositions is a sum, not a product.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from fwexp.config.load import compose
from fwexp.config.resolve import resolve
from fwexp.config.schema import Config
from fwexp.launch.launcher import load_launcher

Chosen = tuple[tuple[str, str], ...]  # one override for each of some axes


def resolved(overrides: Sequence[str], config_dirs: Sequence[str] = ()) -> Config:
    """A typed configuration that leaves nothing to the machine it will run on."""
    config = compose(overrides, config_dirs=config_dirs)
    return resolve(config, num_cores=load_launcher(config).num_cores(config))


def combine(
    axes: Mapping[str, Sequence[str]], overrides: Sequence[str], config_dirs: Sequence[str] = ()
) -> list[Config]:
    """One configuration per combination of the axes' overrides, in product order.

    ConfigError if one breaks a rule by itself; what the parts break together is for the caller
    to check.
    """
    first = {axis: values[0] for axis, values in axes.items()}

    def composed(chosen: Chosen) -> Config:
        texts = tuple((first | dict(chosen)).values())
        if texts not in known:
            known[texts] = resolved([*overrides, *texts], config_dirs)
        return known[texts]

    known: dict[tuple[str, ...], Config] = {}
    base = composed(())
    parts = {
        group: {chosen: composed(chosen) for chosen in _product(axes, own)}
        for group, own in _by_group(axes).items()
    }
    everything = _product(axes, list(axes))
    if any(_strays(c, base, group) for group, found in parts.items() for c in found.values()):
        return [composed(chosen) for chosen in everything]  # some file sets other groups, too
    return [_merged(base, parts, dict(chosen)) for chosen in everything]


def _product(axes: Mapping[str, Sequence[str]], own: Sequence[str]) -> list[Chosen]:
    values = itertools.product(*(axes[axis] for axis in own))
    return [tuple(zip(own, texts, strict=True)) for texts in values]


def _by_group(axes: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for axis in axes:
        groups.setdefault(re.split(r"[./@]", axis.lstrip("+~"))[0], []).append(axis)
    return groups


def _strays(config: Config, base: Config, group: str) -> bool:
    others = (field.name for field in fields(base) if field.name != group)
    return any(getattr(config, name) != getattr(base, name) for name in others)


def _merged(
    base: Config, parts: Mapping[str, Mapping[Chosen, Config]], chosen: Mapping[str, str]
) -> Config:
    changes = {}
    for group, found in parts.items():
        axes = [axis for axis, _ in next(iter(found))]
        own = found[tuple((axis, chosen[axis]) for axis in axes)]
        changes[group] = getattr(own, group)
    return replace(base, **changes)
