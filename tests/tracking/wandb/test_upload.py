"""When an upload counts as stalled."""

import itertools
from pathlib import Path

import pytest

from fwexp.tracking.wandb import upload as module
from fwexp.tracking.wandb.service import Service
from fwexp.tracking.wandb.upload import Progress, upload

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

    def received() -> object:
        told.append(next(counts))
        return told[-1]

    with (tmp_path / "log").open("ab") as log:
        progress = Progress(stall_s=0.3, on_sent=told.append, received=received)
        assert not upload([tmp_path], service=HERE, log=log, progress=progress)
    assert told[:4] == [0, 100, 200, 300]  # each time it had moved, and went on


@pytest.mark.usefixtures("endless")
def test_runs_that_come_through_are_no_stall(tmp_path: Path) -> None:
    """One at each check of the service, of which a stall takes three."""
    folders = [tmp_path / str(number) for number in range(10)]
    told: list[int] = []
    waiting = iter(folders)

    def received() -> int:
        for folder in itertools.islice(waiting, 1):
            (folder / "run-x.wandb.synced").touch()
        return 0

    for folder in folders:
        folder.mkdir()
    with (tmp_path / "log").open("ab") as log:
        progress = Progress(stall_s=0.3, on_sent=told.append, received=received)
        assert not upload(folders, service=HERE, log=log, progress=progress)
    assert told == list(range(1, 11))


def test_what_comes_through_last_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "run-x.wandb.synced"
    monkeypatch.setattr(module, "_command", lambda *_: ["touch", mark])
    told: list[int] = []
    with (tmp_path / "log").open("ab") as log:
        progress = Progress(stall_s=60, on_sent=told.append, received=lambda: 0)
        assert upload([tmp_path], service=HERE, log=log, progress=progress)
    assert told == [1]
