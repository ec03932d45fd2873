"""Checks every override before Hydra does, because Hydra stops at its first error."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fwexp.config.choices import ConfigFolders
from fwexp.config.files import find_file_misfits
from fwexp.config.schema import Config
from fwexp.config.suggestions import near_match, suggest
from fwexp.config.values import Misfit, fields_of, find_misfits, is_free, kind_at

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override


@dataclass(kw_only=True)
class CheckedOverrides:
    """The overrides to pass on to Hydra, and what was wrong with the rest."""

    accepted: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)  # dotted keys whose override was dropped


def check_overrides(overrides: Sequence[str], *, folders: ConfigFolders) -> CheckedOverrides:
    """Sorts overrides into those that fit the schema and messages about those that do not."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    parser = OverridesParser.create()
    checked = CheckedOverrides()
    for text in overrides:
        try:
            override = parser.parse_override(text)
        except HydraException as error:
            checked.problems.append(f"{text}: {_unreadable(text, error=error)}")
            continue
        misfits = list(_find_misfits(override, folders=folders))
        checked.problems += [f"{misfit.where or text}: {misfit.text}" for misfit in misfits]
        checked.doubtful |= {misfit.path for misfit in misfits}
        if not misfits:
            checked.accepted.append(open_free_key(text))
    return checked


def spread_sweeps(overrides: Sequence[str]) -> list[str]:
    """Every value of `key=a,b` as a separate override, so that each is checked alone."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    parser = OverridesParser.create()
    spread: list[str] = []
    for text in overrides:
        try:
            override = parser.parse_override(text)
        except HydraException:
            spread.append(text)  # check_overrides says what is wrong with it
            continue
        if override.is_choice_sweep() and "glob(" not in text:
            key = override.get_key_element()
            spread += [f"{key}={value}" for value in override.sweep_string_iterator()]
        elif not override.is_sweep_override():
            spread.append(text)
    return spread


def open_free_key(override: str) -> str:
    """The same override, with the + that lets Hydra add a key where keys are the user's.

    Hydra closes every mapping, so that even model.options.mine=1 would need a +.
    """
    key, _, value = override.lstrip("+").partition("=")
    return f"++{override.lstrip('+')}" if is_free(key) or value.startswith("{") else override


def node_of(override: str) -> str:
    """The part of the configuration that an override chooses or changes."""
    return override.lstrip("+~").partition("=")[0].partition(".")[0]


def is_suspect(override: str, *, folders: ConfigFolders) -> bool:
    """Whether an override that passed may still be why Hydra could not compose: it chooses a
    user's file, refers to another value, leaves one open, or is for Hydra itself."""
    group, _, option = override.lstrip("+").partition("=")
    chooses_file = group in folders.groups() and folders.user_file(group, option) is not None
    return chooses_file or is_for_hydra(override) or "${" in option or "???" in option


def is_for_hydra(override: str) -> bool:
    """Whether an override changes Hydra itself, not the run."""
    return override.lstrip("+~").startswith(("hydra.", "hydra/"))


def _find_misfits(override: "Override", *, folders: ConfigFolders) -> Iterator[Misfit]:
    key, value = _dotted(override), override.value()
    if is_for_hydra(key):
        yield from _find_hydra_misfits(key)
    elif override.is_sweep_override():
        yield Misfit(path=key, text="several values make a sweep: add -m, or choose one.")
    elif override.is_delete() and not is_free(key):
        yield Misfit(path=key, text=f"a run needs its {key}; set it to another value instead.")
    elif override.is_add() and kind_at(key) is not None and not is_free(key):
        yield Misfit(path=key, text=f"'{key}' already exists. Type it without the +.")
    elif key in folders.groups() and not isinstance(value, dict):
        yield from _find_option_misfits(override, folders=folders)
    elif "." not in key and kind_at(key) is None:
        names = folders.groups() | set(fields_of(Config))
        text = f"there is no config group or key '{key}'. {suggest(key, names)}"
        yield Misfit(path=near_match(key, names) or key, text=text)
    elif not override.is_delete():
        yield from find_misfits(key, value)


def _find_hydra_misfits(key: str) -> Iterator[Misfit]:
    if key == "hydra.searchpath":
        yield Misfit(path=key, text="name your folder with --config-dir instead.")


def _find_option_misfits(override: "Override", *, folders: ConfigFolders) -> Iterator[Misfit]:
    group = override.key_or_group
    if kind_at(group) is None and not override.is_add():
        text = f"'{group}' is not part of a run by default. Type +{override.input_line} to add it."
        yield Misfit(path=group, text=text)
        return
    option = override.value()
    options = folders.options(group)
    if option not in options:
        what = "no option was named" if option is None else f"there is no {group} '{option}'"
        yield Misfit(path=group, text=f"{what}. {suggest(str(option), options)}")
        return
    file = folders.user_file(group, str(option))
    if file is not None:
        yield from find_file_misfits(file, group=group)


def _dotted(override: "Override") -> str:
    key = override.key_or_group
    return key if override.package is None else f"{key}@{override.package}"


def _unreadable(text: str, *, error: Exception) -> str:
    if "=" not in text:
        return "an override is written key=value, as in model=cnn."
    return f"this cannot be read as key=value ({str(error).splitlines()[0]}). Quote the value?"
