"""A sweep comes back as it is in its store, unless the service does not have it in full."""

import json
import os
import shutil
from pathlib import Path
from unittest import mock

import pytest

from fwexp.evidence.read import read_evidence
from fwexp.store.record import History
from fwexp.store.store import Store
from fwexp.tracking.run_content import FIGURES, content_id
from fwexp.tracking.wandb.read_back import evidence_from_wandb, read_run
from fwexp.tracking.wandb.service import connect
from tests.tiny import ROOT
from tests.tracking.service import Service
from tests.tracking.service_data import StoredRun
from tests.tracking.simulated import (
    fwexp,
    same_write_up,
    wandb_environment,
)
from tests.tracking.synced import NUM_RUNS, counts, sync

VERSION_1 = ROOT / "tests" / "store" / "version_1"


def check_read_back(store: Store, service: Service, *, folder: Path) -> None:
    """Its manifest, records and certificates, typed, are the store's."""
    runs = {content_id(run.path): run.read_record() for run in store.recorded_runs()}
    with mock.patch.dict(os.environ, wandb_environment(service), clear=True):
        there = evidence_from_wandb("demo", folder=folder)
        found = connect().find(runs)
        # as they are, before the sweep gives them its own configuration
        assert {wandb_id: read_run(run)[0] for wandb_id, run in found.items()} == runs
    here = read_evidence(store, "demo")
    assert there.manifest == here.manifest
    assert there.workloads == here.workloads


def test_the_records_are_the_stores(store: Store, service: Service, tmp_path: Path) -> None:
    sync(store, service)
    check_read_back(store, service, folder=tmp_path / "lead")


def test_a_sweep_that_version_1_uploaded(service: Service, tmp_path: Path) -> None:
    shutil.copytree(VERSION_1, tmp_path / "store")
    store = Store(tmp_path / "store")
    for folder in store.recorded_runs():
        record = folder.read_record()
        assert record is not None
        ones = [1.0] * (record.num_steps or 0)
        folder.write_history(History(loss=ones, step_s=ones, learning_rate=ones))
    assert counts(sync(store, service)) == [3, 0, 0]
    for run in service.runs().values():
        as_version_1(run)
    check_read_back(store, service, folder=tmp_path / "lead")


def as_version_1(run: StoredRun) -> None:
    """Give an uploaded run or sweep the texts that version 1 gave it."""
    if run.fields["jobType"] == "sweep":
        plain = json.loads((VERSION_1 / "sweeps" / "demo" / "manifest.json").read_text())
        configs = list(plain["runs"].values())
        shared = {k: v for k, v in configs[0].items() if all(c[k] == v for c in configs)}
        own = {
            run_id: {k: v for k, v in config.items() if k not in shared}
            for run_id, config in plain["runs"].items()
        }
        text = json.dumps({**plain, "runs": own, "shared": shared, "keys": list(configs[0])})
        run.config["manifest"]["value"] = text
    else:
        (file,) = VERSION_1.glob(f"runs/*/{run.config['run_id']['value']}/record.json")
        record = json.loads(file.read_text())
        text = json.dumps({k: v for k, v in record.items() if k not in FIGURES})
        run.config["record"]["value"] = text


def test_a_sweep_that_is_not_there(service: Service, tmp_path: Path) -> None:
    done = fwexp(
        *("report", "demo", "--from", "wandb", "--store", str(tmp_path)),
        environment=wandb_environment(service),
    )
    assert (done.returncode, done.stderr.strip()) == (
        2,
        f"{service.url}/team/fwexp has no sweep 'demo'; where it ran, type fwexp sync demo. If "
        "it is in another project or team, set WANDB_PROJECT or WANDB_ENTITY",
    )


@pytest.mark.slow
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
        "where they ran, type fwexp sync demo",
    )
    assert counts(sync(store, service)) == [1, NUM_RUNS, 0]
    assert same_write_up(store, service, lead=tmp_path / "lead")
