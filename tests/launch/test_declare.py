"""A plan's dated manifest."""

from dataclasses import replace
from pathlib import Path

import pytest

from fwexp.errors import LaterVersionError
from fwexp.launch.declare import declare
from fwexp.parity.certify import certificate_key
from fwexp.store.migrations import SCHEMA
from fwexp.store.store import Store
from tests.tiny import tiny_plan

BOTH = ["torch", "tf"]


def test_a_manifest_keeps_its_date_until_it_declares_something_else(tmp_path: Path) -> None:
    store = Store(tmp_path)
    plan = tiny_plan(in_store=tmp_path, framework=BOTH)
    first = replace(declare(plan, store), declared_at="2026-01-01T00:00:00+00:00")
    assert len(first.certificates) == 1
    store.write_manifest(first)
    again = tiny_plan("tracking=wandb_offline", in_store=tmp_path, framework=BOTH)
    typed = replace(again, command="fwexp sweep tiny tracking=wandb_offline")
    kept = declare(typed, store)
    assert kept == replace(first, workloads=kept.workloads)
    trackings = [workload.config.tracking.name for workload in kept.workloads.values()]
    assert trackings == ["wandb_offline"]

    other = declare(
        tiny_plan("comparison.ratio_margin=1.5", in_store=tmp_path, framework=BOTH), store
    )
    assert other.declared_at > first.declared_at
    assert other.sha256 != first.sha256
    archived = sorted(path.name for path in store.sweep_folder("tiny").iterdir())
    assert archived == [
        f"manifest-2026_01_01t00_00_00_00_00-{first.sha256[:8]}.json",
        "manifest.json",
    ]


def test_what_is_declared_again_keeps_the_date_of_its_first_time(tmp_path: Path) -> None:
    store, plan = Store(tmp_path), tiny_plan(in_store=tmp_path, framework=BOTH)
    first = replace(declare(plan, store), declared_at="2026-01-01T00:00:00+00:00")
    store.write_manifest(first)
    wide = tiny_plan("comparison.ratio_margin=1.5", in_store=tmp_path, framework=BOTH)
    store.write_manifest(declare(wide, store))
    again = declare(plan, store)
    assert (again.declared_at, again.sha256) == (first.declared_at, first.sha256)
    store.write_manifest(again)
    assert len(store.read_earlier_manifests("tiny")[0]) == 2


def test_a_torn_manifest_is_replaced(tmp_path: Path) -> None:
    store = Store(tmp_path)
    plan = tiny_plan(in_store=tmp_path)
    blocks = [[run.run_id for run in block] for block in plan.blocks]
    for text in ("{", "[]", '{"name": "tiny"}'):
        store.sweep_folder("tiny").mkdir(parents=True, exist_ok=True)
        (store.sweep_folder("tiny") / "manifest.json").write_text(text)
        assert declare(plan, store).blocks == blocks


def test_a_manifest_of_a_later_version_is_not_replaced(tmp_path: Path) -> None:
    store, plan = Store(tmp_path), tiny_plan(in_store=tmp_path)
    store.write_manifest(replace(declare(plan, store), schema=SCHEMA + 1))
    with pytest.raises(LaterVersionError, match=r"tiny/manifest\.json: written by a later version"):
        declare(plan, store)


def test_one_framework_is_compared_with_none(tmp_path: Path) -> None:
    assert declare(tiny_plan(in_store=tmp_path), Store(tmp_path)).certificates == []


def test_a_manifest_links_each_run_to_its_workload_and_that_to_its_certificate(
    tmp_path: Path,
) -> None:
    rates = {"optimizer.learning_rate": [0.1, 0.01]}
    plan = tiny_plan(in_store=tmp_path, framework=BOTH, **rates)
    manifest = declare(plan, Store(tmp_path))
    assert list(manifest.runs) == [run.run_id for run in plan.runs]
    for run in plan.runs:
        declared = manifest.runs[run.run_id]
        assert (declared.workload, declared.framework) == (run.workload, run.config.framework.name)
        assert manifest.config_of(run.run_id) == run.config
        certificate = manifest.workloads[run.workload].certificate
        assert certificate == certificate_key(run.config)
    assert len(set(manifest.certificates)) == 2
