"""`fwexp sync` with the real client, against a stand-in of the service."""

import base64
import json
import math
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from fwexp.store.store import Store, write_json
from fwexp.tracking.copies import copy_of
from fwexp.writeup.write import write_up
from tests.evidence.factory import Truth, certificate, simulate
from tests.proc import commands, wait_until, with_variables
from tests.tracking.service import KEY, Fault, Service, serve
from tests.tracking.simulated import (
    fwexp,
    num_rows,
    same_write_up,
    simulated_store,
    start_sync,
    sweep_folders,
    uploaded_rows,
    wandb_environment,
)

NUM_RUNS = 12


@pytest.fixture
def service() -> Iterator[Service]:
    with serve() as service:
        yield service


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return simulated_store(tmp_path / "store")


def sync(store: Store, service: Service | None, **more: str) -> subprocess.CompletedProcess[str]:
    environment = wandb_environment(service, **more)
    return fwexp("sync", "demo", "--store", str(store.path), environment=environment)


def counts(done: subprocess.CompletedProcess[str]) -> list[int]:
    """Uploaded, skipped and failed, from the table."""
    lines = [line for line in done.stdout.splitlines() if line.startswith("│")]
    assert len(lines) == 3, done.stdout + done.stderr
    return [int(line.split("│")[2]) for line in lines]


def check_complete(store: Store, service: Service) -> None:
    """Every run and the sweep are there with all they hold, each row sent once."""
    check_there(store, service)
    assert service.data.num_resent == 0


def check_there(store: Store, service: Service) -> None:
    """Every run and the sweep are there with all they hold, each row once and in order."""
    wanted = {run_id: list(range(1, num + 1)) for run_id, num in num_rows(store).items()}
    assert uploaded_rows(service) == wanted
    for folder in sweep_folders(store):
        copy = copy_of(folder)
        run = service.runs()[copy.wandb_id]
        own = [{k: v for k, v in row.items() if not k.startswith("_")} for row in run.rows]
        assert own == copy.rows
        assert run.summary.items() >= copy.summary.items()
        assert run.state == ("finished" if copy.exit_code == 0 else "failed")


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


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


def test_what_failed_is_missing_or_void_is_told_from_there_as_well(
    service: Service, tmp_path: Path
) -> None:
    sweep = simulate({"mlp": Truth(target=0.9), "cnn": Truth()}, num_seeds=3)
    sweep.fail("tf", "mlp", 1, message="a loss of nan")
    del sweep.records["torch-mlp-2"]
    sweep.certificates[1] = certificate("cnn", passed=False)
    sweep.certificates[1].stages[1].difference = math.inf
    store = simulated_store(tmp_path / "store", sweep)
    torn = store.run(sweep.manifest.machine_class, "tf-cnn-0").record_file
    torn.write_text('{"run_id": "tf-')
    write_up(store, "demo")

    done = sync(store, service)
    assert (done.returncode, counts(done)) == (1, [11, 0, 1])
    assert f"tf-cnn-0: StoreError: {torn}: cannot be read (" in done.stdout
    assert same_write_up(store, service, lead=tmp_path / "lead")


def test_a_run_done_again_goes_up_as_another_and_renews_the_sweep(
    store: Store, service: Service, tmp_path: Path
) -> None:
    sync(store, service)
    machine_class = store.read_manifest("demo").machine_class
    record = store.read_record(machine_class, "tf-mlp-0")
    assert record is not None
    record.evaluations[-1].scores["accuracy"] = record.score = 0.5
    folder = store.run(machine_class, "tf-mlp-0")
    write_json(folder / "record.json", asdict(record))
    write_up(store, "demo")

    assert counts(sync(store, service)) == [2, NUM_RUNS - 1, 0]
    assert len(service.runs()) == NUM_RUNS + 2  # the sweep's own is the same one
    assert same_write_up(store, service, lead=tmp_path / "lead")


def test_each_service_gets_everything_once(store: Store, service: Service) -> None:
    sync(store, service)
    with serve() as other:
        assert counts(sync(store, other)) == [NUM_RUNS + 1, 0, 0]
        check_complete(store, other)
    check_complete(store, service)


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


def test_rows_that_count_late_are_not_sent_again(store: Store, service: Service) -> None:
    service.data.late_s = 2.0
    service.fault = Fault(kind="slow", slow_s=0.1)
    process = start_sync(store, service)
    wait_for_rows(service, more_than=0)
    process.kill()
    process.communicate()
    service.fault = None
    last = sync(store, service)
    assert (last.returncode, counts(last)[2]) == (0, 0), last.stdout + last.stderr
    check_complete(store, service)


def test_two_at_once_upload_it_once(store: Store, service: Service) -> None:
    service.fault = Fault(kind="slow", slow_s=0.1)
    both = [start_sync(store, service) for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("another upload is under way; waiting for it" in text for text in said) == 1
    check_complete(store, service)


def test_a_sweep_whose_verdicts_did_not_arrive_is_sent_again(
    store: Store, service: Service
) -> None:
    sync(store, service)
    for made in store.read_certificates(store.read_manifest("demo").certificates):
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


def test_a_torn_entry_of_the_ledger_is_made_again(store: Store, service: Service) -> None:
    sync(store, service)
    entry = next(store.path.glob("wandb/ledger/*/torch-*.json"))
    entry.write_text(entry.read_text()[:20])
    assert counts(sync(store, service)) == [1, NUM_RUNS, 0]
    check_complete(store, service)


def test_the_torn_tail_of_a_copy_is_filled_from_the_record(store: Store, service: Service) -> None:
    sync(store, service)  # makes the copies
    service.data.runs.clear()
    shutil.rmtree(store.path / "wandb" / "ledger")
    copies = sorted(store.path.glob("runs/*/*/wandb/*/*.wandb"))
    for copy, share in zip(copies, (0.0, 0.3, 0.9), strict=False):
        copy.write_bytes(copy.read_bytes()[: int(share * copy.stat().st_size)])
    done = sync(store, service)
    assert counts(done) == [NUM_RUNS + 1, 0, 0], done.stdout
    check_complete(store, service)


@pytest.mark.parametrize("kind", ["429", "500", "drop"])
def test_what_passes_is_waited_out(store: Store, service: Service, kind: str) -> None:
    service.fault = Fault(kind=kind, after_rows=500, times=3, retry_after_s=1)
    done = sync(store, service)
    assert counts(done) == [NUM_RUNS + 1, 0, 0], done.stdout
    assert service.fault.met == 3
    check_complete(store, service)


def test_rows_whose_receipt_is_lost_come_again_at_their_place(
    store: Store, service: Service
) -> None:
    service.fault = Fault(kind="lost", only="/file_stream", times=2)
    done = sync(store, service)
    assert counts(done) == [NUM_RUNS + 1, 0, 0], done.stdout
    assert service.fault.met == 2
    assert service.data.num_resent > 0
    check_there(store, service)


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
    told = f"the service has {len(doubled.rows)} rows of {len(doubled.rows) - 5}: "
    assert told + "something else sent it again; delete the run there" in done.stdout


def test_sweeps_of_several_projects(store: Store) -> None:
    manifest = store.read_manifest("demo")
    manifest.name = "other"
    for config in manifest.runs.values():
        config["tracking"]["project"] = "second"
    store.write_manifest(manifest)
    done = fwexp("sync", "--store", str(store.path), environment=wandb_environment(None))
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "the runs belong to several W&B projects (fwexp, second): name one sweep, as in "
        "fwexp sync demo, or set WANDB_PROJECT",
    )


def test_without_a_key(store: Store, service: Service) -> None:
    environment = {k: v for k, v in wandb_environment(service).items() if k != "WANDB_API_KEY"}
    done = fwexp("sync", "demo", "--store", str(store.path), environment=environment)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        f"no API key for {service.url}: set WANDB_API_KEY, or type wandb login once"
    )


def test_an_address_that_is_none(store: Store) -> None:
    environment = wandb_environment(None, WANDB_BASE_URL="wandb.example.com", WANDB_API_KEY=KEY)
    done = fwexp("sync", "demo", "--store", str(store.path), environment=environment)
    assert (done.returncode, done.stderr.strip()) == (
        2,
        "WANDB_BASE_URL=wandb.example.com: not the address of a W&B server; type one such as "
        "https://wandb.example.com, or unset it for W&B's own",
    )


def test_the_address_of_wandb_login(store: Store, service: Service, tmp_path: Path) -> None:
    settings = tmp_path / ".config" / "wandb" / "settings"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[default]\nbase_url = {service.url}\n")
    environment = wandb_environment(service, HOME=str(tmp_path))
    del environment["WANDB_BASE_URL"]
    done = fwexp("sync", "demo", "--store", str(store.path), environment=environment)
    assert done.returncode == 0, done.stderr
    check_complete(store, service)


def test_a_folder_without_a_store(tmp_path: Path) -> None:
    done = fwexp("sync", "--store", str(tmp_path / "no"), environment=wandb_environment(None))
    assert (done.returncode, done.stderr.strip()) == (
        2,
        f"no sweep has run in the store {tmp_path / 'no'} yet; type fwexp sweep demo",
    )
    assert not (tmp_path / "no").exists()


def test_a_sweep_of_another_version_stops_nothing_else(store: Store, service: Service) -> None:
    (old,) = store.path.glob("runs/*/tf-cnn-0/record.json")
    write_json(old, json.loads(old.read_text()) | {"metric": {"name": "accuracy"}})
    done = sync(store, service)
    assert (done.returncode, counts(done)) == (1, [NUM_RUNS, 0, 1])
    assert "\ndemo: cannot be written up: TypeError(" in done.stdout


def test_a_sweep_of_which_nothing_has_ended_yet(store: Store, service: Service) -> None:
    shutil.rmtree(store.path / "runs")
    (store.sweep_folder("demo") / "evidence.json").unlink()
    assert counts(sync(store, service)) == [1, 0, 0]  # its declaration


def test_a_store_that_cannot_be_written_to(store: Store, service: Service) -> None:
    (store.path / "wandb").write_text("a file where the folder should be")
    done = sync(store, service)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith(". Nothing is lost: the same command goes on from here")


def test_without_a_service(store: Store, service: Service) -> None:
    service.refuse()
    done = sync(store, service)
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"{service.url} did not answer within 10 s (ConnectionError): see WANDB_BASE_URL"
    )


def test_with_a_key_that_is_refused(store: Store, service: Service) -> None:
    service.fault = Fault(kind="403")
    done = sync(store, service)
    assert done.returncode == 2
    assert f"logging in at {service.url} failed: " in done.stderr
    assert "403" in done.stderr


def test_a_sweep_that_is_not_there(service: Service, tmp_path: Path) -> None:
    done = fwexp(
        *("report", "demo", "--from", "wandb", "--store", str(tmp_path)),
        environment=wandb_environment(service),
    )
    assert (done.returncode, done.stderr.strip()) == (
        2,
        f"{service.url}/team/fwexp has no sweep 'demo'; where it ran, type: fwexp sync demo. If "
        "it is in another project or team, set WANDB_PROJECT or WANDB_ENTITY",
    )


def test_a_sweep_whose_runs_are_not_all_there(
    store: Store, service: Service, tmp_path: Path
) -> None:
    sync(store, service)
    (key, *_) = (k for k, run in service.data.runs.items() if run.fields["jobType"] == "train")
    del service.data.runs[key]
    done = fwexp(
        *("report", "demo", "--from", "wandb", "--store", str(tmp_path / "lead")),
        environment=wandb_environment(service),
    )
    assert (done.returncode, done.stderr.strip()) == (
        2,
        f"{service.url}/team/fwexp lacks 1 of the 12 runs of demo, {key[2]} among them; "
        "where they ran, type: fwexp sync demo",
    )
    assert counts(sync(store, service)) == [1, NUM_RUNS, 0]
    assert same_write_up(store, service, lead=tmp_path / "lead")


def test_what_was_typed_without_wandb_stays_here(store: Store, service: Service) -> None:
    plan = store.read_manifest("demo")
    for config in plan.runs.values():
        config["tracking"]["name"] = "none"
    store.write_manifest(plan)
    for file in store.path.glob("runs/*/*/record.json"):
        record = json.loads(file.read_text())
        record["config"]["tracking"]["name"] = "none"
        write_json(file, record)
    at = ("sync", "--store", str(store.path))
    done = fwexp(*at, environment=wandb_environment(service))
    assert counts(done) == [0, 0, 0]
    assert done.stderr.strip() == (
        "demo is left out: it was typed without W&B. To upload it: fwexp sync demo"
    )
    assert service.runs() == {}
    assert counts(sync(store, service)) == [NUM_RUNS + 1, 0, 0]


def test_what_cannot_be_read_stops_nothing_else(store: Store, service: Service) -> None:
    (store.path / "sweeps" / "torn").mkdir()
    (store.path / "sweeps" / "torn" / "manifest.json").write_text("{")
    certificate = next(store.path.glob("certificates/*.json"))
    certificate.write_text("{")
    (single,) = store.path.glob("runs/*/tf-mlp-0")
    (single.parent / "tf-mlp-9").mkdir()
    (single.parent / "tf-mlp-9" / "record.json").write_text("{")
    at = ("sync", "--store", str(store.path))
    done = fwexp(*at, environment=wandb_environment(service))
    assert (done.returncode, counts(done)) == (1, [NUM_RUNS, 0, 3]), done.stderr
    told = [line for line in done.stdout.splitlines() if ": " in line and "│" not in line][1:]
    assert [line.partition(":")[0] for line in told] == ["torn", "tf-mlp-9", "demo"]
    assert told[2].startswith(f"demo: cannot be written up: {certificate}: cannot be read (")


@pytest.mark.parametrize("login", ["machine {host} login user password {key}", ""])
def test_a_key_of_wandb_login(store: Store, service: Service, tmp_path: Path, login: str) -> None:
    host = service.url.removeprefix("http://")
    (tmp_path / "netrc").write_text(login.format(host=host, key=KEY) + "\n")
    environment = {k: v for k, v in wandb_environment(service).items() if k != "WANDB_API_KEY"}
    environment["NETRC"] = str(tmp_path / "netrc")
    done = fwexp("sync", "demo", "--store", str(store.path), environment=environment)
    assert done.returncode == (0 if login else 2), done.stderr


def test_the_key_is_nowhere_to_be_read(store: Store, service: Service, tmp_path: Path) -> None:
    told = [KEY, base64.b64encode(f"api:{KEY}".encode()).decode()]
    service.fault = Fault(kind="slow", slow_s=0.05)
    process = start_sync(store, service)
    while process.poll() is None:
        assert not any(KEY.encode() in command for command in commands().values())
        time.sleep(0.05)
    out, err = process.communicate()
    assert process.returncode == 0, err
    published = fwexp(
        "publish", "demo", "--store", str(store.path), environment=wandb_environment(service)
    )
    assert published.returncode == 0, published.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 100
    texts = [out, err, published.stdout, published.stderr, *map(_text, files)]
    assert not any(key in text for key in told for text in texts)
