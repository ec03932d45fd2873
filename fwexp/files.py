"""How files are written whole, and read back as dataclasses."""

import json
import os
import re
import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from fwexp.config.plain import from_plain, to_plain
from fwexp.errors import LaterVersionError, StoreError
from fwexp.text import MAX_TEXT, cut, find_unreadable

Kind = TypeVar("Kind")
_SUSPECT = re.compile(r"\\u|[^\x00-\x7e]")  # control characters are \u001b in JSON


def write_json(path: Path, content: Any) -> None:
    """Write plain data or dataclasses as JSON, whole or not at all."""
    write_text(path, json.dumps(to_plain(content)))


def write_text(path: Path, text: str) -> None:
    """Write whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name of this process's own, whose file takes the path's place at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{socket.gethostname()}-{os.getpid()}")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_json(
    path: Path,
    kind: type[Kind],
    *,
    what: str,
    migrate: Callable[[Any], Any] = lambda plain: plain,
    check: Callable[[Kind], None] = lambda _: None,
    free: Collection[str] = (),
) -> Kind | None:
    """What the file holds, as that dataclass; None when there is no file. See `decode_json`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read ({error})") from error
    return decode_json(text, kind, where=path, what=what, migrate=migrate, check=check, free=free)


def read_if_sound(path: Path, kind: type[Kind]) -> Kind | None:
    """The same of a note that is made again where there is none, or a torn one: then None."""
    try:
        return read_json(path, kind, what="a note")
    except StoreError:
        return None


def decode_json(
    text: str,
    kind: type[Kind],
    *,
    where: object,
    what: str,
    migrate: Callable[[Any], Any] = lambda plain: plain,
    check: Callable[[Kind], None] = lambda _: None,
    free: Collection[str] = (),
) -> Kind:
    """The text as that dataclass.

    `migrate` brings content of an earlier version up to date; `check` raises ValueError where it
    contradicts itself; under the keys `free` a text may hold anything. StoreError, naming `where`
    it is from and `what` it should be, when it is torn or is not that; LaterVersionError when it
    has what this version does not know.
    """
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{where}: cannot be read ({cut(str(error))})") from error
    try:
        _check_texts(plain, text, free=free)
        plain = migrate(plain)
        found = from_plain(plain, kind)
        if to_plain(found) != plain and (stray := next(_strays(plain, to_plain(found)), None)):
            raise LaterVersionError(f"this one has no {stray}")
        check(found)
    except LaterVersionError as error:
        raise LaterVersionError(
            f"{where}: written by a later version of fwexp ({cut(str(error))}); upgrade fwexp, "
            "or use another store"
        ) from error
    except (TypeError, KeyError, ValueError, OverflowError, RecursionError) as error:
        raise StoreError(f"{where}: not {what} ({cut(_reason(error))})") from error
    return found


def slug(text: str) -> str:
    """The text as a folder's name."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()


def _check_texts(plain: Any, text: str, *, free: Collection[str]) -> None:
    """Raise ValueError for a text in it that nobody could show."""
    if len(text) <= MAX_TEXT and not _SUSPECT.search(text):
        return
    if free and isinstance(plain, dict):
        plain = {key: value for key, value in plain.items() if key not in free}
    if problem := next(find_unreadable(plain), None):
        raise ValueError(problem)


def _strays(given: Any, kept: Any, at: str = "") -> Iterator[str]:
    """The dotted keys that decoding has left out."""
    if isinstance(given, dict):
        for key, value in given.items():
            yield from _strays(value, kept[key], f"{at}{key}.") if key in kept else [f"{at}{key}"]
    elif isinstance(given, list):
        for one, other in zip(given, kept, strict=True):
            yield from _strays(one, other, at)


def _reason(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)
