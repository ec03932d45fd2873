"""What was probably meant by an unknown name."""

from collections.abc import Iterable


def near_match(word: str, choices: Iterable[str]) -> str | None:
    """The choice that was probably meant."""
    from difflib import get_close_matches  # only a mistake needs it

    return next(iter(get_close_matches(word, sorted(choices), n=1)), None)


def suggest(word: str, choices: Iterable[str]) -> str:
    """The end of a message: the closest match, or else every choice."""
    names = sorted(choices)
    near = near_match(word, names)
    return f"Did you mean '{near}'?" if near else f"Choose from: {', '.join(names)}."
