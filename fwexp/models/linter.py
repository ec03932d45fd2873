"""A linter for fairness traps: calls in a model's two files that make them silently differ.

It parses the files without importing them. What it cannot see, the parity certificate measures.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fwexp.errors import ConfigError
from fwexp.models.calls import Call, calls
from fwexp.models.traps import TRAPS, Trap
from fwexp.models.waivers import Waiver, waivers


@dataclass(frozen=True, kw_only=True)
class LiveTrap:
    """A call that is a trap; with a waiver, one that the model's owner allows."""

    trap: Trap
    path: Path
    line: int
    waiver: Waiver | None = None

    def sentence(self) -> str:
        return (
            f"{self.path}:{self.line}: trap: {self.trap.name}. Neutral: {self.trap.neutral}. If "
            f"it is meant, end the line with: # fwexp: allow {self.trap.key}, because REASON"
        )


def live_traps(package: Path) -> list[LiveTrap]:
    """The traps in a model package's torch.py and keras.py that no waiver allows, in order.

    Raises ConfigError for a file that is not valid Python, and for a waiver that is malformed or
    allows nothing.
    """
    return [found for found in _found(package) if found.waiver is None]


def allowed_traps(package: Path) -> list[str]:
    """Each trap that a waiver allows, as a write-up tells it; raises as `live_traps` does."""
    allowed = [(found, found.waiver) for found in _found(package) if found.waiver is not None]
    return [
        f"{found.path.name}, line {found.line}, has {found.trap.name}; it is allowed, because "
        f"{waiver.reason}"
        for found, waiver in allowed
    ]


def _found(package: Path) -> list[LiveTrap]:
    files = [package / name for name in ("torch.py", "keras.py")]
    # the registry reports a file that is not there
    return [trap for path in files if path.is_file() for trap in _in_file(path)]


def _in_file(path: Path) -> Iterator[LiveTrap]:
    own = [trap for trap in TRAPS if trap.file in (path.name, "both")]
    tree = _parsed(path)
    unused = waivers(path)
    all_waivers = list(unused)
    for call in calls(tree, file=path.name):
        for trap in (t for t in own if t.is_live(call)):
            waiver = next((w for w in all_waivers if _allows(w, trap, call)), None)
            if waiver in unused:
                unused.remove(waiver)
            yield LiveTrap(trap=trap, path=path, line=call.line, waiver=waiver)
    if unused:
        raise ConfigError(
            [
                f"{w.path}:{w.line}: allow {w.key}: there is no such trap on this line; remove it"
                for w in unused
            ]
        )


def _allows(waiver: Waiver, trap: Trap, call: Call) -> bool:
    return waiver.key == trap.key and call.line <= waiver.line <= call.last_line


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        raise ConfigError([f"{path}:{error.lineno}: not valid Python: {error.msg}"]) from error
