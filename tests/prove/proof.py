"""What a part of the proof gives back."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The text of a page, in Markdown, and whether what it shows is as it should be."""

    text: str
    holds: bool
