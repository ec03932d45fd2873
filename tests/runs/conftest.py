"""Every test here reads digits from the session's own data cache."""

import pytest

from tests.tiny import data_folder


@pytest.fixture(autouse=True)
def data_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FWEXP_DATA", str(data_folder()))
