"""What a sweep's own W&B run holds, before any service has it."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from fwexp.config.schema import Tracking
from fwexp.errors import StoreError
from fwexp.evidence.read import read_evidence
from fwexp.store.store import Store
from fwexp.tracking.wandb.content import WandbRun, manifest_from_text, wandb_run
from tests.tracking.simulated import simulated_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return simulated_store(tmp_path_factory.mktemp("sweep") / "store")


@pytest.fixture(scope="module")
def content(store: Store) -> WandbRun:
    return wandb_run(store.sweep_folder("demo"))


def test_the_manifest_comes_back_in_the_same_order(store: Store, content: WandbRun) -> None:
    found = manifest_from_text(content.config["manifest"])
    assert json.dumps(asdict(found)) == json.dumps(asdict(store.read_manifest("demo")))


def test_what_all_runs_share_is_written_once(content: WandbRun) -> None:
    manifest = json.loads(content.config["manifest"])
    keys = {key for run in manifest["runs"].values() for key in run}
    assert keys == {"workload", "framework", "seed"}
    assert [w["config"]["model"]["name"] for w in manifest["workloads"].values()] == ["mlp", "cnn"]


def test_a_text_that_is_no_manifest() -> None:
    with pytest.raises(StoreError) as raised:
        manifest_from_text("{}")
    assert str(raised.value) == (
        "the sweep's W&B run: not a sweep's manifest (too old for this fwexp: KeyError 'targets'; "
        "type the command again in a new store)"
    )


def test_every_run_is_named_by_its_own_id(store: Store, content: WandbRun) -> None:
    ids = {run.name: wandb_run(run).wandb_id for run in store.path.glob("runs/*/*")}
    assert json.loads(content.config["wandb_ids"]) == ids


def test_the_summary_holds_the_verdicts_in_numbers_and_words(
    store: Store, content: WandbRun
) -> None:
    evidence = read_evidence(store, "demo")
    assert content.summary["recommendation"] == evidence.decision.recommendation
    for answer in evidence.answers:
        for finding in answer.findings:
            place = f"{answer.question.key}/{finding.workload}"
            assert content.summary[f"{place}/verdict"] == str(finding.verdict)
            assert content.summary[f"{place}/n"] == finding.n
            if finding.outer:
                assert content.summary[f"{place}/estimate"] == finding.estimate
                assert content.summary[f"{place}/low"] == finding.outer.low
    assert content.summary["certificate/mlp/digits/adam/fp32"] == "passed"
    assert {type(value) for value in content.summary.values()} <= {str, int, float}


def test_its_id_outlives_another_tracking(store: Store, content: WandbRun) -> None:
    """As when a sweep is typed again to be uploaded: it is the same declaration."""
    before = store.read_manifest("demo")
    again = store.read_manifest("demo")
    for workload in again.workloads.values():
        workload.config = replace(
            workload.config, tracking=Tracking(name="wandb_online", project="fwexp")
        )
    store.write_manifest(again)
    renewed = wandb_run(store.sweep_folder("demo"))
    store.write_manifest(replace(before, declared_at="2026-02-01T00:00:00+00:00"))
    another = wandb_run(store.sweep_folder("demo"))
    store.write_manifest(before)
    assert renewed.wandb_id == content.wandb_id != another.wandb_id


def test_its_id_outlives_new_evidence(store: Store, content: WandbRun) -> None:
    evidence = store.sweep_folder("demo") / "evidence.json"
    before = evidence.read_text()
    plain = json.loads(before)
    plain["decision"]["how_sure"] = "more than before"
    evidence.write_text(json.dumps(plain))
    again = wandb_run(Path(store.sweep_folder("demo")))
    evidence.write_text(before)
    assert again.wandb_id == content.wandb_id
    assert again.source_sha256 != content.source_sha256
    assert again.summary["how_sure"] == "more than before"
