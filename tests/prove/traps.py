"""Traps: ways in which two "equal" runs silently differ, each a small change to a run's own file.

They are planted into a copy of the project; in the working tree nothing is ever changed.
"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINTER = "linter"  # refused before any certificate is made
NONE = ""  # the certificate does not see it
CNN = ("model=cnn", "data=digits")
PARTS = ("fwexp", "conf", "sweeps", "pyproject.toml")  # that a copy needs to run


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A change of one file that makes the two frameworks differ."""

    what: str  # as a person would tell of it
    stage: str  # of the certificate, that must be the first to fail; or LINTER, or NONE
    file: str
    old: str  # stands in the file once
    new: str
    overrides: tuple[str, ...] = ()
    where: str = ""  # the block or parameter that must be named; empty: any
    extra: dict[str, str] = field(default_factory=dict)  # old → new, where one place is not enough
    workload: tuple[str, ...] = CNN
    no_run: str = ""  # why no short run shows what the trap does; empty: it is run


def copy_project(to: Path) -> Path:
    """What is needed to run fwexp, and nothing else, in a folder that it makes."""
    to.mkdir(parents=True)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, to / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, to / part)
    return to


def plant(trap: Trap, project: Path) -> None:
    """Change the copy's file; AssertionError where the text to change is not there just once."""
    path = project / trap.file
    text = path.read_text()
    for old, new in {trap.old: trap.new, **trap.extra}.items():
        assert text.count(old) == 1, f"{trap.file} has {text.count(old)} times: {old}"
        text = text.replace(old, new)
    path.write_text(text)
