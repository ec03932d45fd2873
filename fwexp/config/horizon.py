"""The length of training that a sweep speaks for: a time, or that of its runs."""

import re

AS_RUN = "as run"
UNITS = {  # -> seconds, and its name in words
    "s": (1, "second"),
    "min": (60, "minute"),
    "h": (3600, "hour"),
    "d": (86400, "day"),
}


def horizon_s(text: str) -> float | None:
    """The time in seconds; None where it is that of the runs. ValueError if it is neither."""
    return None if text == AS_RUN else _parse(text)[0]


def format_horizon(text: str) -> str:
    """The time in words, as in "1 hour" and "30 minutes"; ValueError if it is none."""
    seconds, unit = _parse(text)
    size, name = UNITS[unit]
    number = f"{seconds / size:g}"
    return f"{number} {name}" if number == "1" else f"{number} {name}s"


def _parse(text: str) -> tuple[float, str]:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|min|h|d)", text)
    if found is None or float(found[1]) == 0:
        raise ValueError(f"{text!r} is no time")
    return float(found[1]) * UNITS[found[2]][0], found[2]
