"""When an upload counts as stalled."""

import itertools
from pathlib import Path

import pytest

from fwexp.tracking import upload as module
from fwexp.tracking.service import Service
from fwexp.tracking.upload import upload

HERE = Service(url="http://nowhere", entity="team", project="fwexp", api=None)


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload that never ends by itself."""
    monkeypatch.setattr(module, "POLL_S", 0.01)
    monkeypatch.setattr(module, "_command", lambda *_: ["sleep", "600"])


@pytest.mark.usefixtures("endless")
def test_rows_that_arrive_are_no_stall(tmp_path: Path) -> None:
    counts = itertools.chain([0, 100, 200, 300], itertools.repeat(300))
    told: list[object] = []

    def taken() -> object:
        told.append(next(counts))
        return told[-1]

    with (tmp_path / "log").open("ab") as log:
        is_through = upload(
            [tmp_path], service=HERE, log=log, stall_s=0.3, tell=told.append, taken=taken
        )
    assert not is_through
    assert told[:4] == [0, 100, 200, 300]  # each time it had moved, and went on


@pytest.mark.usefixtures("endless")
def test_runs_that_come_through_are_no_stall(tmp_path: Path) -> None:
    """One at each look at the service, of which a stall takes three."""
    folders = [tmp_path / str(number) for number in range(10)]
    told: list[int] = []
    waiting = iter(folders)

    def taken() -> int:
        for folder in itertools.islice(waiting, 1):
            (folder / "run-x.wandb.synced").touch()
        return 0

    for folder in folders:
        folder.mkdir()
    with (tmp_path / "log").open("ab") as log:
        assert not upload(
            folders, service=HERE, log=log, stall_s=0.3, tell=told.append, taken=taken
        )
    assert told == list(range(1, 11))


def test_what_comes_through_last_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "run-x.wandb.synced"
    monkeypatch.setattr(module, "_command", lambda *_: ["touch", mark])
    told: list[int] = []
    with (tmp_path / "log").open("ab") as log:
        assert upload(
            [tmp_path], service=HERE, log=log, stall_s=60, tell=told.append, taken=lambda: 0
        )
    assert told == [1]
