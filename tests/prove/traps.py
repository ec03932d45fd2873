"""Traps: ways in which two "equal" runs silently differ, each a small change to a run's own code.

A trap names what it changes, wherever that is defined; planting.py plants it into a copy of the
project. The working tree is never changed.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LINTER = "linter"  # refused before any certificate is made
NONE = ""  # the certificate does not see it
CNN = ("model=cnn", "data=digits")
PARTS = ("fwexp", "conf", "sweeps", "pyproject.toml")  # that a copy needs to run


@dataclass(frozen=True, kw_only=True)
class Rewrite:
    """How a function's one call of this name is written instead."""

    call: str  # the last part of what is called
    callee: str = ""  # called instead; empty: as before
    positional: tuple[str, ...] | None = None  # arguments given instead; None: as before
    keywords: dict[str, str | None] = field(default_factory=dict)  # a value's source; None: dropped


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A change of one function, method or class that makes the two frameworks differ."""

    what: str  # in a person's words
    stage: str  # of the certificate, that must be the first to fail; or LINTER, or NONE
    at: str  # what is changed: package:qualified name, wherever in that package it is defined
    framework: str = ""  # torch | tf: what the defining file imports; empty: either or neither
    wrap: Callable[[Any], Any] | None = None  # the original → what replaces it; imports its own
    rewrites: tuple[Rewrite, ...] = ()
    overrides: tuple[str, ...] = ()
    where: str = ""  # the block or parameter that must be named; empty: any
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
