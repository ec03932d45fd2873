"""Waivers: comments by which a model's owner allows a trap, with the reason."""

import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from fwexp.config.suggestions import suggest
from fwexp.errors import ConfigError
from fwexp.models.traps import TRAPS

FORM = "# fwexp: allow NAME, because REASON"
PATTERN = re.compile(r"#\s*fwexp:\s*(?P<name>.*?)(,\s*because(?P<reason>.*))?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """What one comment allows on its line."""

    key: str  # of the trap
    reason: str
    path: Path
    line: int


def waivers(path: Path) -> list[Waiver]:
    """The file's waivers; ConfigError with every one that names no trap or no reason."""
    found, problems = [], []
    keys = [trap.key for trap in TRAPS]
    for line, comment in _comments(path.read_bytes()):
        match = PATTERN.fullmatch(comment.strip())
        if match is None:
            continue
        verb, _, key = match["name"].strip().partition(" ")
        reason = (match["reason"] or "").strip().rstrip(".")
        if verb != "allow" or not reason:
            problems.append(f"{path}:{line}: a waiver is a line of the form {FORM}")
        elif key not in keys:
            hint = suggest(key, keys)
            problems.append(f"{path}:{line}: allow {key}: there is no such trap. {hint}")
        found.append(Waiver(key=key, reason=reason, path=path, line=line))
    if problems:
        raise ConfigError(problems)
    return found


def _comments(text: bytes) -> Iterator[tuple[int, str]]:
    for token in tokenize.tokenize(BytesIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
