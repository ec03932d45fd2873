"""What a write-up is made of: sections, each with a table, points or both, and perhaps a chart."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, already in words; columns after the first may hold figures."""

    columns: list[str]
    rows: list[list[str]]
    figures: list[int] = field(default_factory=list)  # the columns set flush right


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart and what its marks mean; `draw` gives SVG text, empty where there is no data."""

    draw: Callable[[], str]  # called for HTML only
    caption: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """One heading of the write-up and all that stands below it, in the order of the fields."""

    key: str  # its address on the page
    title: str
    basis: str = ""  # measured | projected
    lead: str = ""
    table: Table | None = None
    points: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    chart: Chart | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell, so that the write-up leaves it out."""
        return not (self.table and self.table.rows) and not self.points and not self.notes
