"""Driving a plan to its end, with real processes forked from the session's warm servers."""

import fcntl
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from fwexp.config.schema import Config
from fwexp.errors import ParityError
from fwexp.files import write_json
from fwexp.launch import checks
from fwexp.launch import drive as module
from fwexp.launch.drive import drive
from fwexp.launch.launcher import Outcome, missing_runs
from fwexp.launch.plan import Plan
from fwexp.parity.key import certificate_key
from fwexp.processes.locks import device_lock
from fwexp.store.certificate import Certificate, Stage
from fwexp.store.record import Effective, History, RunRecord
from fwexp.store.store import Store
from tests.tiny import FRAGILE, SharedServers, tiny_config, tiny_plan, warm_servers

BOTH = ["torch", "tf"]


@pytest.fixture(autouse=True)
def shared_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "framework_servers", SharedServers)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def record_of(plan: Plan, store: Store, number: int = 0) -> RunRecord:
    record = store.read_record(plan.machine_class, plan.runs[number].run_id)
    assert record is not None
    return record


def history_of(plan: Plan, store: Store, number: int = 0) -> History:
    history = store.run(plan.machine_class, plan.runs[number].run_id).read_history()
    assert history is not None
    return history


def certify(plan: Plan, store: Store, *, passed: bool) -> None:
    """Leave a certificate in the store, as if it had been made."""
    stage = Stage(name="forward", passed=passed, difference=0.5, tolerance=1e-10, where="dense0")
    store.write_certificate(
        Certificate(
            key=certificate_key(plan.first),
            passed=passed,
            model="mlp",
            optimizer="adam",
            data="digits",
            precision="fp32",
            num_parameters=1,
            stages=[stage],
        )
    )


def fragile(
    store: Store,
    fault: str,
    *overrides: str,
    while_exists: str = "",
    framework: Sequence[str] = ("torch",),
    seeds: Sequence[int] = (0,),
) -> Plan:
    options = [f"model.options.fault={fault}", f"model.options.while_exists='{while_exists}'"]
    options += overrides
    return tiny_plan(*options, in_store=store.path, base=FRAGILE, framework=framework, seed=seeds)


def run(plan: Plan, store: Store, *, retry: bool = False) -> Outcome:
    return drive(plan, store, missing_runs(plan, store, retry=retry), compare=False)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Store]:
    """One run in each framework, done."""
    store = Store(tmp_path_factory.mktemp("both"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "framework_servers", SharedServers)
        plan = tiny_plan("training.num_steps=40", in_store=store.path, framework=BOTH)
        assert run(plan, store).is_complete
    return plan, store


@pytest.mark.parametrize("number", [0, 1])
def test_a_run_in_either_framework_leaves_a_whole_record(
    both: tuple[Plan, Store], number: int
) -> None:
    plan, store = both
    record = record_of(plan, store, number)
    assert record.status == "done"
    assert record.phases is not None
    assert record.memory is not None
    parts = asdict(record.phases)
    assert 0 < parts.pop("audit_s") < 1  # in no other figure
    assert sum(parts.values()) - parts["total_s"] <= parts["total_s"]
    assert parts.pop("checkpoint_s") == 0
    assert all(value > 0 for value in parts.values())
    assert record.import_s is not None
    assert record.import_s > 0.1
    assert record.memory.import_rss_mib > 100
    assert record.memory.train_peak_mib > 0
    assert (record.num_steps, record.num_parameters) == (40, 682)
    assert record.num_first_steps in range(5, 21)
    assert record.effective == Effective(
        device="cpu",
        compute_dtype="float32",
        tf32=False,
        compiled=False,
        num_threads=1,
        num_interop_threads=1,
        num_replicas=1,
        batch_statistics="whole batch",
    )
    assert record.data_wait_ms_per_step is not None
    assert record.data_wait_ms_per_step > 0
    assert record.environment.commit == module.commit()
    history = history_of(plan, store, number)
    assert len(history.loss) == len(history.step_s) == len(history.learning_rate) == 40
    assert history.loss[-1] < history.loss[0]


def test_both_frameworks_train_the_same_from_the_same(both: tuple[Plan, Store]) -> None:
    plan, store = both
    one, other = record_of(plan, store, 0), record_of(plan, store, 1)
    assert one.hashes == other.hashes
    assert [e.step for e in one.evaluations] == [e.step for e in other.evaluations]
    losses = [history_of(plan, store, number).loss for number in (0, 1)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert one.metric == other.metric
    assert one.score == pytest.approx(other.score, abs=1.5 / 360)


def test_the_same_plan_again_runs_nothing(
    both: tuple[Plan, Store], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, store = both

    def no_servers(frameworks: list[str], **_: object) -> SharedServers:
        assert frameworks == []
        return SharedServers(frameworks)

    monkeypatch.setattr(module, "framework_servers", no_servers)
    before = {path: path.stat().st_mtime_ns for path in store.path.rglob("*")}
    assert run(plan, store, retry=True).done == [r.run_id for r in plan.runs]
    assert {path: path.stat().st_mtime_ns for path in store.path.rglob("*")} == before
    assert capsys.readouterr().err == "2 of 2 runs are in the store already\n"


def test_a_record_of_another_machine_class_does_not_count(both: tuple[Plan, Store]) -> None:
    plan, store = both
    elsewhere = replace(plan, machine_class="Another CPU, 64 cores")
    assert missing_runs(plan, store, retry=False).runs == {}
    assert len(missing_runs(elsewhere, store, retry=False).runs) == 2


def test_a_run_of_other_source_is_another_run(
    both: tuple[Plan, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, store = both
    digests = {"model": "changed"}
    monkeypatch.setattr(checks, "run_digests", lambda _: digests)
    changed = tiny_plan("training.num_steps=40", in_store=store.path, framework=BOTH)
    assert {r.run_id for r in changed.runs}.isdisjoint(r.run_id for r in plan.runs)
    assert len(missing_runs(changed, store, retry=False).runs) == 2


def test_a_failed_run_keeps_its_error_and_the_sweep_goes_on(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = fragile(store, "raise")
    good = tiny_plan(in_store=store.path)
    plan = replace(bad, blocks=[*bad.blocks, *good.blocks])
    outcome = run(plan, store)
    failed, done = (r.run_id for r in plan.runs)
    assert (outcome.failed, outcome.done, outcome.is_complete) == ([failed], [done], False)
    assert f"[1/2] {failed}: FAILED: RuntimeError: planted\n" in capsys.readouterr().err
    record = record_of(plan, store)
    assert record.failure is not None
    assert (record.failure.kind, record.failure.message) == (
        "RuntimeError",
        "planted\non two lines",
    )
    assert "fail" in record.failure.traceback
    log = store.run(plan.machine_class, failed).log
    assert "RuntimeError: planted" in log.read_text()


def test_a_failed_run_is_run_again_only_with_retry(store: Store, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    plan = fragile(store, "raise", while_exists=str(flag))
    run(plan, store)
    failed = record_of(plan, store)
    flag.unlink()
    assert run(plan, store).failed == [plan.runs[0].run_id]
    assert record_of(plan, store) == failed
    assert run(plan, store, retry=True).done == [plan.runs[0].run_id]
    assert record_of(plan, store).failure is None


def test_an_error_without_words_stops_nothing(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = fragile(store, "silence")
    assert len(run(plan, store).failed) == 1
    assert f"{plan.runs[0].run_id}: FAILED: AssertionError:\n" in capsys.readouterr().err


def test_a_crash_is_a_failure_of_the_run(store: Store) -> None:
    plan = fragile(store, "abort")
    assert len(run(plan, store).failed) == 1
    failure = record_of(plan, store).failure
    assert failure is not None
    assert failure.kind == "Crash"
    assert failure.message.startswith("its process was killed by SIGABRT; see ")
    assert "Fatal Python error: Aborted" in failure.traceback


def test_a_killed_run_is_interrupted_and_run_again(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    plan = fragile(store, "kill", while_exists=str(flag))
    assert run(plan, store).interrupted == [plan.runs[0].run_id]
    assert "interrupted: killed by signal 9" in capsys.readouterr().err
    flag.unlink()
    assert run(plan, store).is_complete


def test_a_torn_record_is_named_and_run_again(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tiny_plan(in_store=store.path)
    path = store.run(plan.machine_class, plan.runs[0].run_id).record_file
    path.parent.mkdir(parents=True)
    path.write_text('{"run_id": "to')
    assert run(plan, store).is_complete
    words = f"{path}: cannot be read (Unterminated string starting at: line 1 column 12 (char 11))"
    assert capsys.readouterr().err.startswith(f"{words}; the run is repeated\n")
    assert record_of(plan, store).status == "done"


def test_a_void_comparison_is_not_run(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tiny_plan(in_store=store.path, framework=BOTH)
    certify(plan, store, passed=False)
    outcome = drive(plan, store, missing_runs(plan, store, retry=False))
    assert outcome.void == [run.run_id for run in plan.runs]
    assert list(store.path.glob("runs/*/*")) == []
    err = capsys.readouterr().err
    assert "parity of mlp × adam × digits: FAILED at stage forward, block dense0" in err
    assert f"{plan.runs[0].run_id}: not run: its comparison is void" in err


def test_a_certificate_that_cannot_be_made_stops_no_other_workload(
    store: Store,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = tiny_plan("optimizer=sgd", in_store=store.path)
    good = tiny_plan(in_store=store.path)
    certify(good, store, passed=True)

    def refuse(config: Config, **others: Any) -> Certificate:
        if config.optimizer.name == "sgd":
            raise ParityError("parity of mlp: the torch server died")
        return make_certificate(config, **others)

    make_certificate = module.certify
    monkeypatch.setattr(module, "certify", refuse)
    plan = replace(bad, blocks=[*bad.blocks, *good.blocks])
    outcome = drive(plan, store, missing_runs(plan, store, retry=False))
    broken, done = (run.run_id for run in plan.runs)
    assert (outcome.void, outcome.done, outcome.is_complete) == ([broken], [done], False)
    err = capsys.readouterr().err
    assert "parity of mlp: the torch server died; its comparison is void\n" in err
    assert f"[1/2] {broken}: not run: its comparison is void\n" in err


def test_a_side_that_raises_voids_its_workload(store: Store) -> None:
    plan = fragile(store, "raise", framework=BOTH)
    outcome = drive(plan, store, missing_runs(plan, store, retry=False))
    assert outcome.void == [run.run_id for run in plan.runs]


def test_a_certificate_that_passed_lets_the_runs_go(store: Store) -> None:
    plan = tiny_plan(in_store=store.path, framework=["torch"])
    certify(plan, store, passed=True)
    assert drive(plan, store, missing_runs(plan, store, retry=False)).is_complete


def test_a_loss_that_is_no_number_fails_the_run(store: Store) -> None:
    overrides = ("optimizer=sgd", "optimizer.learning_rate=1e30")
    plan = tiny_plan(*overrides, in_store=store.path, framework=BOTH)
    assert len(run(plan, store).failed) == 2
    for number in (0, 1):
        failure = record_of(plan, store, number).failure
        assert failure is not None
        assert failure.kind == "ArithmeticError"
        assert failure.message.startswith("the training loss is ")
        assert failure.message.endswith("; try a smaller optimizer.learning_rate")


@pytest.mark.parametrize("tracking", ["wandb_offline", "wandb_online", "tensorboard"])
def test_a_process_holds_one_framework_and_no_tracking(store: Store, tracking: str) -> None:
    plan = fragile(store, "modules", f"tracking={tracking}", framework=BOTH)
    run(plan, store)
    words = {}
    for number, planned in enumerate(plan.runs):
        failure = record_of(plan, store, number).failure
        assert failure is not None
        words[planned.config.framework.name] = failure.message
    assert words == {"torch": "imported: torch", "tf": "imported: tensorflow"}


def test_a_driver_that_planned_earlier_leaves_a_done_run_alone(store: Store) -> None:
    plan = tiny_plan(in_store=store.path)
    todo = missing_runs(plan, store, retry=False)
    run(plan, store)
    before = record_of(plan, store)
    assert drive(plan, store, todo, compare=False).is_complete
    assert record_of(plan, store) == before


def test_a_server_that_died_is_started_again(store: Store) -> None:
    server = warm_servers()["torch"]
    assert server._process is not None
    server._process.kill()
    server._process.wait()
    assert run(tiny_plan(in_store=store.path), store).is_complete


def test_imports_wait_for_another_drivers_timed_run(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FWEXP_LOCKS", str(tmp_path))
    held: list[bool] = []

    class Watched(SharedServers):
        def __init__(self, frameworks: list[str], **_: Any) -> None:
            super().__init__(frameworks)
            with device_lock(tiny_config().hardware).open("a") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    held.append(True)
                else:
                    held.append(False)

    monkeypatch.setattr(module, "framework_servers", Watched)
    plan = tiny_plan(in_store=store.path)
    run(plan, store)
    run(plan, store)
    assert held == [True, False]  # the second has nothing to import


def test_a_corrupt_certificate_is_no_certificate(store: Store) -> None:
    plan = tiny_plan(in_store=store.path, framework=BOTH)
    write_json(store.path / "certificates" / f"{certificate_key(plan.first)}.json", ["foreign"])
    assert not module.has_certificate(plan.first, store)
    certify(plan, store, passed=True)
    assert module.has_certificate(plan.first, store)
