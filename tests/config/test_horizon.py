"""A length of training is a time, or that of the runs."""

import pytest

from fwexp.config.horizon import format_horizon, horizon_s


@pytest.mark.parametrize(
    ("text", "seconds", "words"),
    [
        ("45s", 45, "45 seconds"),
        ("30min", 1800, "30 minutes"),
        ("30 min", 1800, "30 minutes"),
        ("1h", 3600, "1 hour"),
        ("1.5h", 5400, "1.5 hours"),
        ("1d", 86400, "1 day"),
    ],
)
def test_a_time(text: str, seconds: float, words: str) -> None:
    assert horizon_s(text) == seconds
    assert format_horizon(text) == words


def test_as_run_is_no_time() -> None:
    assert horizon_s("as run") is None


@pytest.mark.parametrize("text", ["", "h", "0h", "-1h", "1 week", "1h30", "60", "as it ran"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        horizon_s(text)
