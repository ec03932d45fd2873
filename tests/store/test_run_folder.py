"""A run's folder: what a run finds there, and what it leaves."""

from pathlib import Path

from fwexp.store.record import History
from fwexp.store.run_folder import RunFolder, run_folder
from tests.evidence.factory import config
from tests.store.test_store import DONE, MACHINE

CONFIG = config("torch", "mlp", 1)


def folder_in(store: Path) -> RunFolder:
    return run_folder(store, MACHINE, "r1")


def put_checkpoint(folder: RunFolder) -> None:
    (folder.checkpoints / "3").mkdir(parents=True)
    (folder.checkpoints / "3" / "w.bin").touch()


def test_a_run_begins_without_what_an_earlier_one_left(tmp_path: Path) -> None:
    folder = folder_in(tmp_path)
    folder.write_history(History(loss=[1.0], step_s=[0.1], learning_rate=[0.01]))
    folder.finish(DONE)
    put_checkpoint(folder)  # killed before it was gone
    folder.begin(CONFIG)
    assert [path.name for path in folder.path.iterdir()] == ["config.json"]
    assert (folder.read_record(), folder.read_history()) == (None, None)


def test_a_checkpoint_stays_until_there_is_a_record(tmp_path: Path) -> None:
    folder = folder_in(tmp_path)
    put_checkpoint(folder)
    folder.begin(CONFIG)
    assert folder.checkpoints.is_dir()
    folder.finish(DONE)
    assert not folder.checkpoints.exists()
    assert folder.read_record() == DONE


def test_there_may_be_nothing_to_discard(tmp_path: Path) -> None:
    folder_in(tmp_path).discard_checkpoints()
    assert list(tmp_path.iterdir()) == []
