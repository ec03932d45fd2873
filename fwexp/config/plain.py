"""A configuration as plain data and back, to hand a run to another process or to keep it."""

from dataclasses import asdict
from typing import Any, get_args, get_origin

from fwexp.config.schema import Config
from fwexp.config.values import fields_of, is_schema
from fwexp.errors import ConfigError


def to_plain(config: Config) -> dict[str, Any]:
    """The configuration as dicts, lists and scalars that JSON can hold."""
    return asdict(config)


def from_plain(plain: dict[str, Any]) -> Config:
    """The configuration that `to_plain` was given; ConfigError where the keys are not its own."""
    config = _build(Config, plain, path="configuration")
    assert isinstance(config, Config)
    return config


def _build(schema: Any, plain: dict[str, Any], *, path: str) -> Any:
    kinds = fields_of(schema)
    if plain.keys() != kinds.keys():
        odd = ", ".join(sorted(plain.keys() ^ kinds.keys()))
        raise ConfigError([f"{path}: written by another version of fwexp (keys at odds: {odd})."])
    values = {
        name: _value(kinds[name], value, path=f"{path}.{name}") for name, value in plain.items()
    }
    return schema(**values)


def _value(kind: Any, value: Any, *, path: str) -> Any:
    if is_schema(kind):
        return _build(kind, value, path=path)
    if get_origin(kind) is list:
        return [_value(get_args(kind)[0], item, path=path) for item in value]
    return dict(value) if get_origin(kind) is dict else value
