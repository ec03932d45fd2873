"""What the store keeps, and what it says of files that are torn or not its own."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fwexp import files
from fwexp.config.plain import to_plain
from fwexp.errors import LaterVersionError, StoreError
from fwexp.files import write_json
from fwexp.store import store as module
from fwexp.store.certificate import Certificate, Stage
from fwexp.store.manifest import DeclaredRun, DeclaredWorkload, Manifest
from fwexp.store.migrations import SCHEMA
from fwexp.store.record import Evaluation, Failure, History, Interruption, Memory, Phases, RunRecord
from fwexp.store.store import Store, check_sweep_name
from fwexp.tasks.classification import Classification
from tests.evidence.factory import COMPARISON, ENVIRONMENT, PRICING, config

MACHINE = "A CPU (R), 2 cores"
PHASES = Phases(
    start_s=0.1, data_s=0.2, build_s=0.3, first_steps_s=0.4, steady_s=0.5, evaluation_s=0.6,
    total_s=2.5,
)  # fmt: skip
MEMORY = Memory(import_rss_mib=300, data_peak_mib=1, build_peak_mib=2, train_peak_mib=3)
DONE = RunRecord(
    run_id="r1",
    status="done",
    config=config("torch", "mlp", 1),
    digests={"model": "aa"},
    machine_class=MACHINE,
    environment=ENVIRONMENT,
    started_at="2026-01-01T00:00:00+00:00",
    finished_at="2026-01-01T00:00:09+00:00",
    phases=PHASES,
    memory=MEMORY,
    num_steps=6,
    samples_per_s=10.0,
    unit="images",
    units_per_s=10.0,
    metric=Classification.metric,
    score=0.5,
    evaluations=[Evaluation(step=6, train_s=0.9, scores={"accuracy": 0.5, "loss": 1.0})],
)
FAILED = replace(
    DONE,
    status="failed",
    failure=Failure(kind="E", message="m", traceback="t"),
    phases=None,
    memory=None,
    evaluations=[],
)
MANIFEST = Manifest(
    name="s",
    title="t",
    command="c",
    declared_at="2026-01-01T00:00:00+00:00",
    sha256="0123456789",
    comparison=COMPARISON,
    pricing=PRICING,
    machine_class=MACHINE,
    workloads={"w": DeclaredWorkload(config=config("", "mlp", 0), certificate="k")},
    runs={"r1": DeclaredRun(workload="w", framework="torch", seed=1)},
    blocks=[["r1"]],
)
STAGE = Stage(name="data", passed=True, difference=0.0, tolerance=0.0, where="x")
CERTIFICATE = Certificate(
    key="k",
    passed=True,
    model="mlp",
    optimizer="adam",
    data="digits",
    precision="fp32",
    num_parameters=5,
    stages=[STAGE],
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def put(store: Store, record: RunRecord, *, under: str = "r1") -> Path:
    path = store.run(MACHINE, under).record_file
    write_json(path, record)
    return path


@pytest.mark.parametrize("record", [DONE, FAILED])
def test_a_record_comes_back_as_it_was(store: Store, record: RunRecord) -> None:
    put(store, record)
    assert store.read_record(MACHINE, "r1") == record


def test_an_interrupted_runs_record_comes_back_as_it_was(store: Store) -> None:
    at = "2026-01-01T00:00:00.000+00:00"
    interruption = Interruption(step=3, saved_at=at, resumed_at=at, lost_s=9.5)
    record = replace(DONE, phases=replace(PHASES, checkpoint_s=0.5), interruptions=[interruption])
    put(store, record)
    assert store.read_record(MACHINE, "r1") == record


def test_a_record_from_before_there_were_checkpoints_was_never_interrupted(store: Store) -> None:
    path = put(store, DONE)
    plain = json.loads(path.read_text())
    del plain["interruptions"], plain["phases"]["checkpoint_s"]
    path.write_text(json.dumps(plain))
    record = store.read_record(MACHINE, "r1")
    assert record == DONE
    assert (record.interruptions, PHASES.checkpoint_s) == ([], 0.0)


def test_a_machine_class_may_be_given_by_its_folder(store: Store) -> None:
    path = put(store, DONE)
    assert store.read_record(path.parents[1].name, "r1") == DONE


def test_a_certificate_and_a_manifest_come_back_as_they_were(store: Store) -> None:
    store.write_certificate(CERTIFICATE)
    store.write_manifest(MANIFEST)
    assert store.read_certificates(["k", "none"]) == ({"k": CERTIFICATE}, [])
    assert store.read_manifest("s") == MANIFEST


def test_a_manifest_knows_the_configuration_of_each_run() -> None:
    assert MANIFEST.config_of("r1") == config("torch", "mlp", 1)
    assert MANIFEST.certificates == ["k"]


def test_there_is_no_record_before_the_run(store: Store) -> None:
    assert store.read_record(MACHINE, "r1") is None
    assert store.run(MACHINE, "r1").read_history() is None


def test_no_record_lies_in_a_store_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert Store(tmp_path / "file" / "inner").read_record(MACHINE, "r1") is None


def without(*names: str, **changes: Any) -> str:
    plain = to_plain(DONE) | to_plain(changes)
    return json.dumps({k: v for k, v in plain.items() if k not in names})


DAMAGES = {
    "torn": (without()[:200], "cannot be read (Unterminated string"),
    "empty": ("", "cannot be read (Expecting value"),
    "binary": (b"\x80\x81\x00", "cannot be read ('utf-8' codec can't decode"),
    "null": ("null", "not a run's record (it holds a NoneType)"),
    "list": ("[]", "not a run's record (it holds a list)"),
    "object": (
        "{}",
        "not a run's record (too old for this fwexp: KeyError 'config'; type the command again "
        "in a new store)",
    ),
    "lacking": (without("digests"), "not a run's record (Object missing required field `digests`)"),
    "later": (
        without(schema=9),
        "written by a later version of fwexp (its schema is 9, this one's 3); upgrade fwexp, "
        "or use another store",
    ),
    "no number": (without(schema="2"), "not a run's record (its schema is '2')"),
    "a later key": (
        without(phases=to_plain(PHASES) | {"cooling_s": 1.0}),
        "written by a later version of fwexp (this one has no phases.cooling_s); ",
    ),
    "a later key in a list": (
        without(evaluations=[{"step": 6, "train_s": 1, "scores": {"accuracy": 1}, "by": "us"}]),
        "written by a later version of fwexp (this one has no evaluations.by); ",
    ),
    "unscored": (
        without(evaluations=[Evaluation(step=6, train_s=0.9, scores={"loss": 1.0})]),
        "not a run's record (its evaluation at step 6 has no accuracy)",
    ),
    "phases": (
        without(phases={"x": 1}),
        "not a run's record (Object missing required field `start_s` - at `$.phases`)",
    ),
    "words": (without(phases="fast"), "not a run's record ("),
    "evaluations": (without(evaluations=None), "not a run's record ("),
    "status": (without(status="half"), "not a run's record (its status is 'half')"),
    "measured": (
        without(score=None, evaluations=[]),
        "not a run's record (its status is 'done', but it has no score, evaluations)",
    ),
    "metric": (
        without(metric=None, unit=None, units_per_s=None),
        "not a run's record (its status is 'done', but it has no unit, units_per_s, metric)",
    ),
    "before tasks": (
        without("metric", "score"),
        "not a run's record (its status is 'done', but it has no metric, score)",
    ),
    "failure": (
        without(status="failed"),
        "not a run's record (its status is 'failed', but it has no failure)",
    ),
    "foreign run": (without(run_id="r2"), f"the record of r2 on {MACHINE}"),
    "foreign machine": (without(machine_class="B"), "the record of r1 on B"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_is_named_and_no_other_suffers(store: Store, damage: str) -> None:
    content, words = DAMAGES[damage]
    put(store, replace(DONE, run_id="r2"), under="r2")
    path = put(store, DONE)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    records, (complaint,) = store.read_records(MACHINE, ["r1", "r2", "r3"])
    assert list(records) == ["r2"]
    assert complaint.startswith(f"{path}: {words}")


def test_who_may_replace_records_is_told_of_later_ones_first(store: Store) -> None:
    put(store, DONE).write_text("{")
    files = [put(store, replace(DONE, run_id=name), under=name) for name in ("r2", "r3")]
    for file in files:
        file.write_text(json.dumps(json.loads(file.read_text()) | {"schema": SCHEMA + 1}))
    with pytest.raises(LaterVersionError) as raised:
        store.read_records(MACHINE, ["r1", "r2", "r3"], may_replace=True)
    told = str(raised.value).splitlines()
    assert [line.partition(": ")[0] for line in told] == list(map(str, files))
    assert len(store.read_records(MACHINE, ["r1", "r2", "r3"])[1]) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stages": []}, "(it says passed=True, its stages 0 passed)"),
        (
            {"stages": [replace(STAGE, passed=False)]},
            "(it says passed=True, its stages failed: data)",
        ),
        ({"passed": False}, "(it says passed=False, its stages 1 passed)"),
        ({"stages": ["data"]}, "(Expected `object`, got `str` - at `$.stages[0]`)"),
    ],
)
def test_a_certificate_that_contradicts_itself_is_named(
    store: Store, changes: dict[str, Any], words: str
) -> None:
    path = store.write_certificate(replace(CERTIFICATE, **changes))
    found, (complaint,) = store.read_certificates(["k"])
    assert (found, complaint) == ({}, f"{path}: not a parity certificate {words}")


def test_another_machine_class_with_the_same_folder_is_no_record_of_this_one(
    store: Store,
) -> None:
    put(store, DONE)
    _, (complaint,) = store.read_records("A CPU R 2 cores", ["r1"])
    assert complaint.endswith(f"the record of r1 on {MACHINE}")


def test_other_damaged_files_are_named(store: Store) -> None:
    certificate = store.write_certificate(CERTIFICATE)
    store.write_manifest(MANIFEST)
    manifest = store.sweep_folder("s") / "manifest.json"
    history = store.run(MACHINE, "r1").history_file
    write_json(history, History(loss=[], step_s=[], learning_rate=[]))
    for path in (certificate, manifest, history):
        path.write_text('{"key": "k"}')
    for path, what, read in (
        (certificate, "a parity certificate", lambda: store.read_certificate("k")),
        (manifest, "a sweep's manifest", lambda: store.read_manifest("s")),
        (history, "a run's history", store.run(MACHINE, "r1").read_history),
    ):
        with pytest.raises(StoreError) as raised:
            read()
        assert str(raised.value).startswith(f"{path}: not {what} (")


def test_a_sweep_that_has_not_run_is_answered_with_a_near_one(store: Store) -> None:
    with pytest.raises(StoreError) as raised:
        store.read_manifest("demo")
    assert str(raised.value) == f"no sweep 'demo' has run in the store {store.path}. None has."
    store.write_manifest(replace(MANIFEST, name="demo"))
    with pytest.raises(StoreError, match=r"Did you mean 'demo'\?$"):
        store.read_manifest("dmeo")


@pytest.mark.parametrize(
    "name", ["../other", "..", ".hidden", "a/b", "/etc/passwd", "", "a b", "a\n", "a" * 101]
)
def test_a_sweeps_name_cannot_climb_out(store: Store, name: str) -> None:
    for use in (check_sweep_name, store.sweep_folder, store.read_manifest):
        with pytest.raises(StoreError) as raised:
            use(name)
        assert str(raised.value) == (
            f"sweep {name!r}: a sweep's name is up to 100 letters, digits, '_', '-' and '.', "
            "no folders"
        )


def test_a_manifest_is_kept_when_another_takes_its_place(store: Store) -> None:
    store.archive_manifest(MANIFEST)
    (kept,) = store.sweep_folder("s").iterdir()
    assert kept.name == "manifest-2026_01_01t00_00_00_00_00-01234567.json"
    assert store.sweep_names() == []


def test_a_write_that_breaks_off_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record.json"
    write_json(path, {"old": 1})

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        write_json(path, {"new": 2})
    assert json.loads(path.read_text()) == {"old": 1}


def test_a_store_that_can_be_written_is_not_written_by_asking(tmp_path: Path) -> None:
    Store(tmp_path / "a" / "b").check_writable()
    assert list(tmp_path.iterdir()) == []


def test_a_store_under_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for path in (file, file / "inner"):
        with pytest.raises(StoreError) as raised:
            Store(path).check_writable()
        assert str(raised.value) == (
            f"store={path}: cannot write there ({file} is not a folder); "
            "name another folder with store=…"
        )


def test_a_store_without_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.os, "access", lambda path, _: path != tmp_path)  # as root's is not
    with pytest.raises(StoreError, match=rf"\(no permission to write to {tmp_path}\)"):
        Store(tmp_path / "inner").check_writable()
