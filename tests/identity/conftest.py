"""User packages in a folder of their own, as those beside which a command is typed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fwexp.identity import sources

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write files, by their path, that can be imported; what was read before is forgotten."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(files: dict[str, str]) -> None:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        sources.forget()

    yield write
    sources.forget()
