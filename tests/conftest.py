"""What every test may ask for."""

import os
from collections.abc import Callable

import pytest

from tests.tiny import session_variables

Require = Callable[[bool, str], None]


def _require(condition: bool, reason: str) -> None:
    if condition:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI has to provide what this test needs: {reason}", pytrace=False)
    pytest.skip(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests first, so that no worker is left alone with them at the end."""
    items.sort(key=lambda item: item.path.name != "test_sides.py")


@pytest.fixture(scope="session")
def require() -> Require:
    """Call it with a condition and a reason: the test skips where the condition does not hold,
    or fails where CI=true, so that CI never passes by skipping."""
    return _require


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """The session's own data cache, which holds digits, and locks that nobody else has."""
    for name, value in session_variables().items():
        monkeypatch.setenv(name, value)
