"""Whether a key is in the schema, and whether a value fits it."""

import types
from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from functools import cache, reduce
from typing import Any, Union, get_args, get_origin, get_type_hints

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fwexp.config.schema import Config
from fwexp.config.suggestions import near_match, suggest

KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """A key or value that the schema refuses."""

    path: str  # the dotted key whose value is therefore doubtful
    text: str
    where: str = ""  # the file it is in; empty for an override


def find_misfits(key: str, value: object, *, schema: type = Config) -> Iterator[Misfit]:
    """Everything in a value, scalar or mapping, that does not fit the schema at a
    dotted key."""
    kind = kind_at(key, schema=schema)
    misfit = _unknown_key(key, schema)
    if misfit:
        yield misfit
    elif isinstance(value, dict) and (is_schema(kind) or is_schema(_each(kind))):
        for name, inner in value.items():
            yield from find_misfits(f"{key}.{name}", inner, schema=schema)
    elif not _fits(key, value, schema):
        yield Misfit(path=key, text=_wrong_type(key, value, kind))


def kind_at(key: str, *, schema: type = Config) -> Any:
    """The type that the schema declares at a dotted key; None below a list or a free mapping."""
    kind: Any = schema
    for part in key.split("."):
        kind = fields_of(kind).get(part) if is_schema(kind) else _each(kind)
    return kind


def is_free(key: str) -> bool:
    """Whether a dotted key is in a mapping with keys of the user's, such as model.options."""
    parts = key.split(".")
    parents = (".".join(parts[:count]) for count in range(1, len(parts)))
    return any(get_origin(kind_at(parent)) is dict for parent in parents)


def is_schema(kind: Any) -> bool:
    """Whether a type is one of the schema's dataclasses, whose keys are fixed."""
    return isinstance(kind, type) and is_dataclass(kind)


@cache
def fields_of(schema: Any) -> dict[str, Any]:
    """A schema class's fields and their types."""
    return get_type_hints(schema)


def _each(kind: Any) -> Any:
    """What each value of a mapping is, if that is a schema."""
    each = get_args(kind)[1] if get_origin(kind) is dict else None
    return each if is_schema(each) else None


def _unknown_key(key: str, schema: type) -> Misfit | None:
    kind: Any = schema
    parts = key.split(".")
    for depth, part in enumerate(parts):
        if each := _each(kind):
            kind = each
            continue
        if get_origin(kind) in (dict, list):
            return None
        if not is_schema(kind):
            parent = ".".join(parts[:depth])
            return Misfit(path=parent, text=f"{parent} is a single value and has no '{part}'.")
        names = fields_of(kind)
        if part not in names:
            return _missing_from(".".join(parts[:depth]), part=part, names=list(names))
        kind = names[part]
    return None


def _missing_from(parent: str, *, part: str, names: list[str]) -> Misfit:
    near = near_match(part, names)
    path = ".".join(filter(None, [parent, near])) or part
    what = f"there is no key '{part}' in {parent}" if parent else f"there is no key '{part}'"
    return Misfit(path=path, text=f"{what}. {suggest(part, names)}")


def _fits(key: str, value: object, schema: type) -> bool:
    if schema is Config and kind_at(key) is None and not is_free(key):
        return True  # one item of a list: Hydra knows whether it exists
    try:
        if schema is Config:
            OmegaConf.update(_scratch(), key, value)
        else:  # through mappings of schemas, where update does not find its way
            nested = reduce(lambda inner, part: {part: inner}, reversed(key.split(".")), value)
            OmegaConf.merge(OmegaConf.structured(schema), nested)
    except OmegaConfBaseException:
        return False
    return True


@cache
def _scratch() -> Any:
    return OmegaConf.structured(Config)


def _wrong_type(key: str, value: object, kind: Any) -> str:
    shown = "null" if value is None else repr(value)
    return f"{key} must be {words_of(kind)}, not {shown}."


def words_of(kind: Any) -> str:
    """What a value of this type is, in words."""
    if is_schema(kind):
        return f"a mapping of {', '.join(fields_of(kind))}"
    if get_origin(kind) in (Union, types.UnionType):
        choices = [part for part in get_args(kind) if part is not type(None)]
        return words_of(choices[0]) if len(choices) == 1 else "a plain value"
    if get_origin(kind) is list:
        return f"a list, each {words_of(get_args(kind)[0])}"
    return "a mapping" if get_origin(kind) is dict else KINDS.get(kind, "a plain value")
