"""Finds what "package.module:name" names: a task, a format, a model's Spec, ours or the user's."""

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules, resolve_name
from types import ModuleType
from typing import Any

from fwexp.config.suggestions import suggest
from fwexp.errors import ConfigError


def load_dotted(path: str, *, key: str) -> Any:
    """The object that "package.module:name" names.

    `key` starts the message, as the user typed it: data.task=…

    Raises:
        ConfigError: there is no such module, or no such name in it.
    """
    module, _, name = path.partition(":")
    try:
        found = resolve_name(f"{module}:")
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if not f"{module}.".startswith(f"{missing}."):
            raise  # the module exists, but one of its imports does not
        problem = f"{key}: there is no module {missing}.{_instead_of(missing)}"
        raise ConfigError([problem]) from error
    if not hasattr(found, name):
        hint = _hint(name, _defined_in(found))
        raise ConfigError([f"{key}: {found.__file__} has no {name}.{hint}"])
    return getattr(found, name)


def is_dotted(path: str) -> bool:
    """Whether the text has the form "package.module:name"."""
    module, _, name = path.partition(":")
    return all(part.isidentifier() for part in (*module.split("."), name))


def _instead_of(missing: str) -> str:
    parent, _, last = missing.rpartition(".")
    if not parent:
        return " Install its package, or type python -m fwexp in the folder that holds it."
    folders = getattr(import_module(parent), "__path__", [])
    return _hint(last, (module.name for module in iter_modules(folders)))


def _hint(word: str, choices: Iterable[str]) -> str:
    names = list(choices)
    return f" {suggest(word, names)}" if names else ""


def _defined_in(module: ModuleType) -> list[str]:
    """The public names that the module itself defines."""
    found = vars(module).items()
    return [
        name
        for name, value in found
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
