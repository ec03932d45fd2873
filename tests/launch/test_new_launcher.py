"""A third launcher is a folder, its line in LAUNCHERS and its option: nothing else knows of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fwexp.commands.cancel import command as cancel
from fwexp.commands.status import command as status
from fwexp.config.load import compose
from fwexp.errors import ConfigError
from fwexp.launch.combine import resolved
from fwexp.launch.declare import declare
from fwexp.launch.launcher import LAUNCHERS, Missing, load_launcher, missing_runs
from fwexp.launch.plan import Plan
from fwexp.launch.planning import plan_runs
from fwexp.launch.sweep_status import sweep_status
from fwexp.store.store import Store
from tests.store.test_store import DONE
from tests.tiny import TINY

# Its queue is a file of run ids; whoever works it off writes records, as a process of a run does.
LAUNCHER = '''\
"""The folder launcher: a job is a line in a file."""

from fwexp.launch.launcher import Assignment, Lost, Queue, QueuedJob
from fwexp.files import write_json


def jobs_file(store, sweep):
    return store.sweep_folder(sweep) / "folder_jobs.json"


def jobs_of(store, sweep):
    import json
    file = jobs_file(store, sweep)
    return json.loads(file.read_text()) if file.exists() else []


class FolderLauncher:
    def check(self, config):
        pass

    def node_variables(self):
        return {}

    def num_cores(self, config):
        return 7

    def machine_class(self, config):
        return "A shared folder"

    def start(self, plan, store, missing, *, compare):
        write_json(jobs_file(store, plan.name), list(missing.runs))
        return None

    def queue(self, store, sweep):
        ids = jobs_of(store, sweep)
        return Queue(
            jobs=[QueuedJob(is_running=False, reason="Unread") for _ in ids],
            assignments={i: Assignment(is_queued=True, was_accepted=True) for i in ids},
        )

    def lost(self, store, sweep, run_ids):
        return {i: Lost(reason="its line is gone", log=jobs_file(store, sweep)) for i in run_ids}

    def cancel(self, store, sweep):
        num = len(jobs_of(store, sweep))
        jobs_file(store, sweep).unlink(missing_ok=True)
        return num
'''


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A user's package with the launcher, and a folder with its option."""
    package = tmp_path / "my_launchers" / "folder"
    package.mkdir(parents=True)
    (package / "launcher.py").write_text(LAUNCHER)
    option = tmp_path / "conf" / "launcher" / "folder.yaml"
    option.parent.mkdir(parents=True)
    option.write_text("# a line in a file\nname: folder\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    target = "my_launchers.folder.launcher:FolderLauncher"
    monkeypatch.setitem(LAUNCHERS, "folder", target)
    return [str(tmp_path / "conf")]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def plan(folders: list[str], store: Store) -> Plan:
    """Three torch runs of it, declared."""
    plan = plan_runs(
        {"seed": [f"seed={seed}" for seed in range(3)]},
        [*TINY, "launcher=folder", "hardware.num_threads=null", f"store={store.path}"],
        name="mine",
        title="Mine",
        command="fwexp sweep mine",
        config_dirs=folders,
    )
    store.write_manifest(declare(plan, store))
    return plan


def start(plan: Plan, store: Store) -> Missing:
    missing = missing_runs(plan, store, retry=False)
    assert load_launcher(plan.first).start(plan, store, missing, compare=False) is None
    return missing


def work_off(plan: Plan, store: Store, number: int) -> None:
    """Take a run's line, and leave its record."""
    file = store.sweep_folder("mine") / "folder_jobs.json"
    run_id = plan.runs[number].run_id
    file.write_text(json.dumps([i for i in json.loads(file.read_text()) if i != run_id]))
    folder = store.run(plan.machine_class, run_id)
    config = plan.runs[number].config
    folder.finish(replace(DONE, run_id=run_id, machine_class=plan.machine_class, config=config))


def test_it_decides_the_cores_and_the_machine_class_of_a_plan(plan: Plan) -> None:
    assert plan.machine_class == "A shared folder"
    assert plan.first.hardware.num_threads == 7


def test_what_is_missing_is_queued_done_and_not_started_again(plan: Plan, store: Store) -> None:
    assert len(start(plan, store).runs) == 3
    assert sweep_status(store, "mine").counts == {"queued": 3}
    work_off(plan, store, 1)
    assert sweep_status(store, "mine").counts == {"done": 1, "queued": 2}
    assert list(start(plan, store).runs) == [plan.runs[0].run_id, plan.runs[2].run_id]


@pytest.mark.usefixtures("folders")
def test_status_shows_its_jobs(
    plan: Plan, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    start(plan, store)
    assert status(["mine"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("mine: 3 runs, 3 queued; jobs: 3 pending (3 Unread)")
    assert status([]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["mine", "3", "3"]


def test_cancel_empties_its_queue_and_keeps_what_is_done(
    plan: Plan, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    start(plan, store)
    work_off(plan, store, 0)
    assert cancel(["mine"]) == 0
    assert capsys.readouterr().out == (
        "mine: cancelled 2 jobs; 1 of 3 runs are done and kept. To go on, type: fwexp sweep mine\n"
    )
    assert sweep_status(store, "mine").counts == {"done": 1, "waiting": 2}


def test_one_that_nobody_has_named_is_answered_with_all(
    folders: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = compose(["launcher=folder"], config_dirs=folders)
    monkeypatch.delitem(LAUNCHERS, "folder")
    with pytest.raises(ConfigError) as raised:
        load_launcher(config)
    assert str(raised.value) == (
        "launcher.name=folder: no such launcher. Choose from: local, slurm."
    )
    with pytest.raises(ConfigError):
        resolved(["launcher=folder"], folders)
