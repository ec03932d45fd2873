"""Dataclasses as plain data and back, to pass to another process or to store."""

from typing import Any, TypeVar

import msgspec

Kind = TypeVar("Kind")


def to_plain(content: Any) -> Any:
    """Dataclasses as dicts, lists and scalars that JSON can hold."""
    return msgspec.to_builtins(content)


def from_plain(plain: Any, kind: type[Kind]) -> Kind:
    """Plain data as that dataclass; ValueError (msgspec's) if a value is missing or unfit."""
    return msgspec.convert(plain, kind)
