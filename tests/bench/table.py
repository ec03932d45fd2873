"""What a bench prints: Markdown, which a terminal shows as well."""

import statistics
import textwrap
from collections.abc import Sequence


def print_text(text: str) -> None:
    """A paragraph."""
    print(textwrap.fill(" ".join(text.split()), width=100), end="\n\n")


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A Markdown table with its columns aligned."""
    lines = [list(headings), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print(f"| {' | '.join(cells)} |")
    print()


def within(value: float, limit: float) -> str:
    """Whether a figure keeps to its limit."""
    return f"{limit:g}: {'yes' if value <= limit else 'no'}"


def spread(values: Sequence[float], *, digits: int = 3) -> str:
    """Median (least … most)."""
    middle = statistics.median(values)
    return f"{middle:.{digits}f} ({min(values):.{digits}f} … {max(values):.{digits}f})"
