"""What a sweep declared before it ran: its runs, blocks, margins, targets and levels, dated."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class Manifest:
    name: str
    title: str
    command: str  # what the user types to run it again
    declared_at: str  # ISO 8601, UTC
    sha256: str  # of what is declared in here: of the runs, the ids
    comparison: dict[str, Any]  # the typed Comparison, as plain data
    pricing: dict[str, Any]  # the typed Pricing, as plain data
    targets: dict[str, float | None]  # workload -> the value of its metric to be reached
    machine_class: str  # a run counts as done on this machine class only
    # workload -> the value of its metric that every run must reach
    levels: dict[str, float | None] = field(default_factory=dict)
    blocks: list[list[str]] = field(default_factory=list)  # run ids, in the order they start
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)  # run id -> typed Config, plain
    certificates: list[str] = field(default_factory=list)  # keys
