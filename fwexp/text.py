"""Text of unknown origin: what of it may be shown, and what may not be read."""

import re
from collections.abc import Iterator
from typing import Any

MAX_MESSAGE = 300  # characters of a message that are shown
MAX_TEXT = 10_000  # characters of any name, command or sentence that is read

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.?)", re.DOTALL)
# C0, DEL and C1 but tab and line breaks; zero-width and direction marks; halves of characters
_UNSEEN = r"\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
_CONTROL = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f{_UNSEEN}]")
_MARKUP = re.compile(r"([\\`*\[\]<|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
_FIRST = re.compile(r"([#>+=-]|\d+(?=[.)]\s))")  # what begins a heading, list or rule


def strip(text: str) -> str:
    """The text without terminal escapes and control characters; tabs and line breaks stay."""
    return _CONTROL.sub("", _ESCAPE.sub("", text))


def clean(text: str) -> str:
    """The same on one line."""
    return " ".join(strip(text).split())


def cut(text: str, *, most: int = MAX_MESSAGE) -> str:
    """A message on one line, cut to so many characters."""
    told = clean(text[: 4 * most])  # escapes and spaces may take some
    shortened = len(text) > 4 * most or len(told) > most
    return f"{told[: most - 1]}…" if shortened else told


def clean_all(node: Any) -> Any:
    """Plain data with all its texts cleaned."""
    if isinstance(node, dict):
        return {clean_all(key): clean_all(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [clean_all(value) for value in node]
    return clean(node) if isinstance(node, str) else node


def in_markdown(text: str) -> str:
    """Text on one line that Markdown shows as it is, in a table's cell too."""
    escaped = _MARKUP.sub(r"\\\1", clean(text))
    return _FIRST.sub(_escaped, escaped, count=1) if _FIRST.match(escaped) else escaped


def in_code(text: str) -> str:
    """Text on one line that cannot end a Markdown code span."""
    return clean(text).replace("`", "'")


def _escaped(found: re.Match[str]) -> str:
    return f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}"


def find_unreadable(node: Any, *, at: str = "$") -> Iterator[str]:
    """A sentence for each text in plain data that has control characters or no end."""
    if isinstance(node, dict):
        for key, value in node.items():
            if _CONTROL.search(str(key)) or len(str(key)) > MAX_TEXT:
                yield f"a key has control characters or is too long - at `{at}`"
            yield from find_unreadable(value, at=f"{at}.{key}")
    elif isinstance(node, list):
        for place, value in enumerate(node):
            if isinstance(value, float):  # long series have nothing else
                continue
            yield from find_unreadable(value, at=f"{at}[{place}]")
    elif isinstance(node, str):
        if len(node) > MAX_TEXT:
            yield f"a text of {len(node):,} characters - at `{at}`"
        elif _CONTROL.search(node):
            yield f"a text has control characters - at `{at}`"
