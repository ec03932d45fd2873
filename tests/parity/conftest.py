"""Every test here has the session's own data cache and locks."""

import pytest

from tests.tiny import session_variables


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in session_variables().items():
        monkeypatch.setenv(name, value)
