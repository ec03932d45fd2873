"""Which of a store's sweeps and runs go up, and where they cannot."""

import json
import shutil
from pathlib import Path

from fwexp.files import write_json
from fwexp.store.store import Store
from tests.tracking.service import Service
from tests.tracking.simulated import (
    fwexp,
    wandb_environment,
)
from tests.tracking.synced import NUM_RUNS, counts, sync


def test_sweeps_of_several_projects(store: Store) -> None:
    manifest = store.read_manifest("demo")
    manifest.name = "other"
    for workload in manifest.workloads.values():
        workload.config.tracking.project = "second"
    store.write_manifest(manifest)
    done = fwexp("sync", "--store", str(store.path), environment=wandb_environment(None))
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "the runs belong to several W&B projects (fwexp, second): name one sweep, as in "
        "fwexp sync demo, or set WANDB_PROJECT",
    )


def test_a_folder_without_a_store(tmp_path: Path) -> None:
    done = fwexp("sync", "--store", str(tmp_path / "no"), environment=wandb_environment(None))
    assert (done.returncode, done.stderr.strip()) == (
        2,
        f"no sweep has run in the store {tmp_path / 'no'} yet; type fwexp sweep demo",
    )
    assert not (tmp_path / "no").exists()


def test_a_record_of_another_version_stops_nothing_else(store: Store, service: Service) -> None:
    (old,) = store.path.glob("runs/*/tf-cnn-0/record.json")
    write_json(old, json.loads(old.read_text()) | {"metric": {"name": "accuracy"}})
    done = sync(store, service)
    assert (done.returncode, counts(done)) == (1, [NUM_RUNS, 0, 1])
    problem = "not a run's record (Object missing required field `title` - at `$.metric`)"
    assert f"\ntf-cnn-0: StoreError: {old}: {problem}\n" in done.stdout


def test_a_record_without_its_own_metric_is_named_and_stops_nothing_else(
    store: Store, service: Service
) -> None:
    (odd,) = store.path.glob("runs/*/tf-mlp-0/record.json")
    record = json.loads(odd.read_text())
    for evaluation in record["evaluations"]:
        del evaluation["scores"]["accuracy"]
    write_json(odd, record)
    done = sync(store, service)
    assert (done.returncode, counts(done)) == (1, [NUM_RUNS, 0, 1])
    step = record["evaluations"][0]["step"]
    assert f"not a run's record (its evaluation at step {step} has no accuracy)\n" in done.stdout


def test_a_sweep_of_which_nothing_has_ended_yet(store: Store, service: Service) -> None:
    shutil.rmtree(store.path / "runs")
    (store.sweep_folder("demo") / "evidence.json").unlink()
    assert counts(sync(store, service)) == [1, 0, 0]  # its declaration


def test_a_store_that_cannot_be_written_to(store: Store, service: Service) -> None:
    (store.path / "wandb").write_text("a file where the folder should be")
    done = sync(store, service)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith(". Nothing is lost: the same command resumes from here")


def test_what_was_typed_without_wandb_stays_here(store: Store, service: Service) -> None:
    plan = store.read_manifest("demo")
    for workload in plan.workloads.values():
        workload.config.tracking.name = "none"
    store.write_manifest(plan)
    for file in store.path.glob("runs/*/*/record.json"):
        record = json.loads(file.read_text())
        record["config"]["tracking"]["name"] = "none"
        write_json(file, record)
    at = ("sync", "--store", str(store.path))
    done = fwexp(*at, environment=wandb_environment(service))
    assert counts(done) == [0, 0, 0]
    assert done.stderr.strip() == (
        "demo is left out: it ran without W&B. To upload it: fwexp sync demo"
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
    assert (done.returncode, counts(done)) == (1, [NUM_RUNS + 1, 0, 2]), done.stderr
    told = [line for line in done.stdout.splitlines() if ": " in line and "│" not in line][1:]
    assert [line.partition(":")[0] for line in told] == ["torn", "tf-mlp-9"]
    (sweep,) = (run for run in service.runs().values() if run.fields["jobType"] == "sweep")
    (complaint,) = json.loads(sweep.config["complaints"]["value"])
    assert complaint.startswith(f"{certificate}: cannot be read (")
