"""Markdown tables of a proof's page."""

from collections.abc import Sequence

from fwexp.store.certificate import Stage


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def figure(stage: Stage | None) -> str:
    """A stage's difference; – where there was nothing to compare, as without optimizer state."""
    if stage is None:
        return "–"
    return f"{stage.difference:.1g}" + ("" if stage.passed else " FAILED")
