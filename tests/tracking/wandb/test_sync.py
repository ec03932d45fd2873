"""`fwexp sync` with the real client, against a stand-in of the service."""

import math
import shutil
import signal
import time
from pathlib import Path

import pytest

from fwexp.store.store import Store
from fwexp.writeup.write import write_up
from tests.evidence.factory import Truth, certificate, simulate
from tests.proc import wait_until, with_variables
from tests.tracking.service import Fault, Service, serve
from tests.tracking.simulated import (
    same_write_up,
    simulated_store,
    start_sync,
)
from tests.tracking.synced import NUM_RUNS, check_complete, check_there, counts, sync


def wait_for_rows(service: Service, *, more_than: int) -> None:
    """Until it has so many, and runs that have not ended."""
    wait_until(
        lambda: service.num_rows() > more_than and service.has_open_runs(), what="rows of a run"
    )


def wait_for_quiet(service: Service) -> None:
    """Until nothing of an ended sync sends any more, or waits to be stored."""
    mark = f"WANDB_BASE_URL={service.url}"
    wait_until(lambda: not with_variables(mark), what="the end of wandb-core")
    time.sleep(2 * (service.fault.slow_s if service.fault else 0))


def test_a_sweep_is_uploaded_once_and_its_page_is_the_same_from_there(
    store: Store, service: Service, tmp_path: Path
) -> None:
    first = sync(store, service)
    assert (first.returncode, counts(first)) == (0, [NUM_RUNS + 1, 0, 0]), first.stderr
    check_complete(store, service)
    assert {run.fields["group"] for run in service.runs().values()} == {"demo"}

    num_requests = len(service.requests)
    assert counts(sync(store, service)) == [0, NUM_RUNS + 1, 0]
    assert {"UpsertBucket", "file_stream"} & set(service.requests[num_requests:]) == set()

    assert same_write_up(store, service, lead=tmp_path / "lead")


def test_what_failed_is_missing_or_void_is_told_from_there_as_well(
    service: Service, tmp_path: Path
) -> None:
    sweep = simulate({"mlp": Truth(target=0.9), "cnn": Truth()}, num_seeds=3)
    sweep.fail("tf", "mlp", 1, message="a loss of nan")
    del sweep.records["torch-mlp-2"]
    sweep.certificates["key-cnn"] = certificate("cnn", passed=False)
    sweep.certificates["key-cnn"].stages[1].difference = math.inf
    store = simulated_store(tmp_path / "store", sweep)
    torn = store.run(sweep.manifest.machine_class, "tf-cnn-0").record_file
    torn.write_text('{"run_id": "tf-')
    write_up(store, "demo")

    done = sync(store, service)
    assert (done.returncode, counts(done)) == (1, [11, 0, 1])
    assert f"tf-cnn-0: StoreError: {torn}: cannot be read (" in done.stdout
    assert same_write_up(store, service, lead=tmp_path / "lead")


@pytest.mark.slow
def test_a_run_done_again_goes_up_as_another_and_renews_the_sweep(
    store: Store, service: Service, tmp_path: Path
) -> None:
    sync(store, service)
    machine_class = store.read_manifest("demo").machine_class
    record = store.read_record(machine_class, "tf-mlp-0")
    assert record is not None
    record.evaluations[-1].scores["accuracy"] = record.score = 0.5
    store.run(machine_class, "tf-mlp-0").finish(record)
    write_up(store, "demo")

    assert counts(sync(store, service)) == [2, NUM_RUNS - 1, 0]
    assert len(service.runs()) == NUM_RUNS + 2  # the sweep's own is the same one
    assert same_write_up(store, service, lead=tmp_path / "lead")


@pytest.mark.slow
def test_each_service_gets_everything_once(store: Store, service: Service) -> None:
    sync(store, service)
    with serve() as other:
        assert counts(sync(store, other)) == [NUM_RUNS + 1, 0, 0]
        check_complete(store, other)
    check_complete(store, service)


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_sync_that_is_ended_under_way_goes_on_where_it_was(
    store: Store, service: Service, by: signal.Signals
) -> None:
    service.fault = Fault(kind="slow", slow_s=0.1)
    for _ in range(2):
        wait_for_quiet(service)
        process = start_sync(store, service)
        wait_for_rows(service, more_than=service.num_rows())
        process.send_signal(by)
        _, said = process.communicate(timeout=60)
        assert process.returncode == (130 if by == signal.SIGINT else -by), said
    service.fault = None
    last = sync(store, service)
    assert (last.returncode, counts(last)[2]) == (0, 0), last.stdout + last.stderr
    check_complete(store, service)


@pytest.mark.slow
def test_rows_that_count_late_are_not_sent_again(store: Store, service: Service) -> None:
    service.data.late_s = 1.0
    service.fault = Fault(kind="slow", slow_s=0.1)
    process = start_sync(store, service)
    wait_for_rows(service, more_than=0)
    process.kill()
    process.communicate()
    service.fault = None
    last = sync(store, service)
    assert (last.returncode, counts(last)[2]) == (0, 0), last.stdout + last.stderr
    check_complete(store, service)


@pytest.mark.slow
def test_two_at_once_upload_it_once(store: Store, service: Service) -> None:
    service.fault = Fault(kind="slow", slow_s=0.1)
    both = [start_sync(store, service) for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("waiting for another upload to finish" in text for text in said) == 1
    check_complete(store, service)


@pytest.mark.slow
def test_a_sweep_whose_verdicts_did_not_arrive_is_sent_again(
    store: Store, service: Service
) -> None:
    sync(store, service)
    found, _ = store.read_certificates(store.read_manifest("demo").certificates)
    for made in found.values():
        made.stages[-1].difference = 1e-12
        store.write_certificate(made)
    service.fault = Fault(kind="hang", only="/file_stream")
    process = start_sync(store, service)
    fault = service.fault
    wait_until(lambda: fault.met, what="the fault")
    process.kill()
    process.communicate()
    service.recover()
    assert counts(sync(store, service)) == [1, NUM_RUNS, 0]
    check_complete(store, service)


@pytest.mark.slow
def test_what_ended_after_the_write_up_is_in_the_verdicts_that_go_up(
    store: Store, service: Service, tmp_path: Path
) -> None:
    (late,) = store.path.glob("runs/*/tf-cnn-1")
    late.rename(tmp_path / late.name)
    (store.sweep_folder("demo") / "evidence.json").unlink()  # as after a submission to Slurm
    assert counts(sync(store, service)) == [NUM_RUNS, 0, 0]
    (tmp_path / late.name).rename(late)
    assert counts(sync(store, service)) == [2, NUM_RUNS - 1, 0]
    check_complete(store, service)
    assert same_write_up(store, service, lead=tmp_path / "lead")


@pytest.mark.slow
def test_a_torn_receipt_is_written_again(store: Store, service: Service) -> None:
    sync(store, service)
    entry = next(store.path.glob("wandb/ledger/*/torch-*.json"))
    entry.write_text(entry.read_text()[:20])
    assert counts(sync(store, service)) == [1, NUM_RUNS, 0]
    check_complete(store, service)


@pytest.mark.slow
def test_the_torn_tail_of_an_offline_run_is_filled_from_the_record(
    store: Store, service: Service
) -> None:
    sync(store, service)  # writes the offline runs
    service.data.runs.clear()
    shutil.rmtree(store.path / "wandb" / "ledger")
    files = sorted(store.path.glob("runs/*/*/wandb/*/*.wandb"))
    for file, share in zip(files, (0.0, 0.3, 0.9), strict=False):
        file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    done = sync(store, service)
    assert counts(done) == [NUM_RUNS + 1, 0, 0], done.stdout
    check_complete(store, service)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["429", "500", "drop"])
def test_what_passes_is_waited_out(store: Store, service: Service, kind: str) -> None:
    service.fault = Fault(kind=kind, after_rows=500, times=3, retry_after_s=1)
    done = sync(store, service)
    assert counts(done) == [NUM_RUNS + 1, 0, 0], done.stdout
    assert service.fault.met == 3
    check_complete(store, service)


@pytest.mark.slow
def test_rows_whose_receipt_is_lost_come_again_at_their_place(
    store: Store, service: Service
) -> None:
    service.fault = Fault(kind="lost", only="wandb-history.jsonl", times=2)
    done = sync(store, service)
    assert counts(done) == [NUM_RUNS + 1, 0, 0], done.stdout
    assert service.fault.met == 2
    assert service.data.num_resent > 0
    check_there(store, service)


@pytest.mark.slow
def test_rows_that_something_else_sent_are_told_and_left_alone(
    store: Store, service: Service
) -> None:
    sync(store, service)
    shutil.rmtree(store.path / "wandb" / "ledger")
    (doubled, *_) = (run for run in service.runs().values() if run.fields["jobType"] == "train")
    doubled.rows += doubled.rows[:5]
    doubled.counted += doubled.counted[:5]
    done = sync(store, service)
    assert (done.returncode, counts(done)) == (1, [NUM_RUNS, 0, 1])
    told = f"the service has {len(doubled.rows)} rows instead of {len(doubled.rows) - 5}: "
    assert told + "something else uploaded it too; delete the run there" in done.stdout
