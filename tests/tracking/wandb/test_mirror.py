"""The mirror as a command starts it: a process of its own, read back from wandb's files."""

import hashlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fwexp.config.plain import to_plain
from fwexp.processes.locks import hold
from fwexp.store.record import RunRecord
from fwexp.store.run_folder import RunFolder
from fwexp.tracking.run_content import config_of, rows_of, summary_of
from fwexp.tracking.wandb import mirror as mirror_module
from fwexp.tracking.wandb.mirror import MirrorOutcome, start_mirror, wait_for_mirror
from fwexp.tracking.wandb.mirror_process import LOCK
from tests.proc import is_running, wait_until
from tests.tracking.made_runs import NUM_STEPS, make_failure, make_history, make_record, write_run
from tests.tracking.wandb_files import read_offline_run

WANDBS_OWN = ("_timestamp", "_runtime", "_step", "_wandb")


def mirror(store: Path, runs: list[Path]) -> MirrorOutcome:
    return wait_for_mirror(start_mirror(store, folders=runs, project="fwexp", group="demo"))


def contents(store: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Where every request to the network would arrive."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.getsockname()[1]}")
        yield server


def without_wandb_keys(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith(WANDBS_OWN)}


def check_copy(run: Path, *, record: RunRecord) -> dict[str, Any]:
    copy = read_offline_run(run)
    config = without_wandb_keys(copy["config"])
    sha256 = hashlib.sha256((run / "record.json").read_bytes()).hexdigest()
    stored = RunFolder(run).read_record()
    assert stored == record
    assert config == json.loads(json.dumps(config_of(stored)))
    expected = list(rows_of(record, history=make_history()))
    assert [without_wandb_keys(row) for row in copy["rows"]] == expected
    assert [row["_step"] for row in copy["rows"]] == list(range(NUM_STEPS + 1))
    assert copy["summary"].items() >= (summary_of(record) | {"source_sha256": sha256}).items()
    assert (copy["project"], copy["group"], copy["exit_code"]) == ("fwexp", "demo", 0)
    return copy


def keys(copy: dict[str, Any]) -> list[Any]:
    rows = [sorted(row) for row in copy["rows"]]
    return [sorted(copy["config"]), sorted(copy["summary"]), sorted(copy["axes"]), rows]


def test_both_frameworks_get_their_records_under_the_same_keys(
    store: Path,
    tmp_path: Path,
    proxy: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))  # no key, no settings
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("WANDB_MODE", "online")  # the user's own, for other work
    records = [make_record("torch"), make_record("tf")]
    runs = [write_run(store, record=record, history=make_history()) for record in records]

    assert mirror(store, runs) == MirrorOutcome(num_mirrored=2, warning="")

    torch, tf = (check_copy(run, record=record) for run, record in zip(runs, records, strict=True))
    assert keys(torch) == keys(tf)
    assert torch["axes"]["train/*"] == torch["axes"]["val/*"] == "optimizer_step"
    assert list(home.rglob("*")) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "store"]
    with pytest.raises(TimeoutError):
        proxy.accept()  # nobody called


def test_a_second_time_writes_nothing(store: Path) -> None:
    runs = [write_run(store, record=make_record("torch"), history=make_history())]
    mirror(store, runs)
    before = contents(store)
    assert mirror(store, runs) == MirrorOutcome(num_mirrored=0, warning="")
    assert contents(store) == before


def test_a_run_done_again_replaces_its_copy_under_another_id(store: Path) -> None:
    failure = make_failure()
    run = write_run(store, record=failure, history=None)
    mirror(store, [run])
    failed = read_offline_run(run)
    assert (failed["exit_code"], failed["summary"]["status"]) == (1, "failed")

    write_run(store, record=make_record("torch"), history=make_history())
    assert mirror(store, [run]).num_mirrored == 1
    again = check_copy(run, record=make_record("torch"))
    assert again["id"] != failed["id"]
    assert again["id"].startswith(failure.run_id)


def test_a_copy_cut_short_is_made_anew(store: Path) -> None:
    run = write_run(store, record=make_record("tf"), history=make_history())
    mirror(store, [run])
    (run / "wandb.json").write_text('{"folder": "wan')
    assert mirror(store, [run]).num_mirrored == 1
    check_copy(run, record=make_record("tf"))  # of one folder: two would be synced twice


def test_a_torn_history_is_named_and_the_others_are_copied(store: Path) -> None:
    torn = write_run(store, record=make_record("torch"), history=make_history())
    (torn / "history.json").write_text('{"loss": [0.1, 0.')
    whole = write_run(store, record=make_record("tf"), history=make_history())
    log = store / "wandb" / "mirror.log"

    assert mirror(store, [torn, whole]) == MirrorOutcome(
        num_mirrored=1,
        warning=f"warning: 1 of 2 runs were not mirrored to W&B: see {log}. "
        "Their records are complete; the same command tries again.",
    )
    assert f"skipped: StoreError: {torn / 'history.json'}: cannot be read (" in log.read_text()
    check_copy(whole, record=make_record("tf"))


def test_a_mirror_that_crashes_harms_no_record(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run(store, record=make_record("torch"), history=make_history())
    before = contents(run)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "wandb.py").write_text("raise ImportError('no wandb here')")
    root = Path(mirror_module.__file__).parents[3]
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'broken'}:{root}")

    outcome = mirror(store, [run])

    log = store / "wandb" / "mirror.log"
    assert outcome.num_mirrored == 0
    assert outcome.warning.startswith(f"warning: 1 of 1 runs were not mirrored to W&B: see {log}. ")
    assert "ImportError: no wandb here" in log.read_text()
    assert contents(run) == before


def test_a_mirror_that_hangs_is_stopped(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run(store, record=make_record("torch"), history=make_history())
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "wandb.py").write_text("import time; time.sleep(3600)")
    root = Path(mirror_module.__file__).parents[3]
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'broken'}:{root}")
    monkeypatch.setattr(mirror_module, "START_S", 0.1)
    monkeypatch.setattr(mirror_module, "RUN_S", 0.1)

    under_way = start_mirror(store, folders=[run], project="fwexp", group="demo")
    assert "it took too long and was stopped" in wait_for_mirror(under_way).warning
    assert under_way.process is not None
    assert under_way.process.returncode == -9


def test_a_mirror_ends_with_its_driver(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_run(store, record=make_record("torch"), history=make_history())
    monkeypatch.setenv("PYTHONPATH", str(Path(mirror_module.__file__).parents[3]))
    code = (
        "import sys, time; from pathlib import Path\n"
        "from fwexp.tracking.wandb.mirror import start_mirror\n"
        "runs = [Path(sys.argv[2])]\n"
        "mirror = start_mirror(Path(sys.argv[1]), folders=runs, project='p', group='g')\n"
        "print(mirror.process.pid, flush=True); time.sleep(60)"
    )
    with hold(store / "wandb" / LOCK):  # so that it has something to wait for
        driver = subprocess.Popen(
            [sys.executable, "-c", code, str(store), str(run)], stdout=subprocess.PIPE, text=True
        )
        assert driver.stdout is not None
        mirror = int(driver.stdout.readline())
        driver.kill()
        driver.wait()
        wait_until(lambda: not is_running(mirror), what="the mirror's end")
    assert not (run / "wandb.json").exists()


def test_a_store_that_takes_no_folder_gives_the_warning(store: Path) -> None:
    run = write_run(store, record=make_record("torch"), history=make_history())
    (store / "wandb").write_text("a file where the folder should be")
    outcome = mirror(store, [run])
    assert outcome.num_mirrored == 0
    assert "File exists" in outcome.warning


def test_runs_without_a_record_start_no_process(store: Path) -> None:
    (store / "runs" / "half").mkdir(parents=True)
    under_way = start_mirror(store, folders=[store / "runs" / "half"], project="p", group="g")
    assert under_way.process is None
    assert wait_for_mirror(under_way) == MirrorOutcome(num_mirrored=0, warning="")
    assert not (store / "wandb").exists()


def test_the_driver_imports_no_wandb() -> None:
    code = "import sys, fwexp.tracking.track; print('wandb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_record_stays_as_it_was(store: Path) -> None:
    run = write_run(store, record=make_record("tf"), history=make_history())
    mirror(store, [run])
    assert json.loads((run / "record.json").read_text()) == to_plain(make_record("tf"))
