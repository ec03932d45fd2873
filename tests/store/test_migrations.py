"""What the version before wrote reads as this version's: a part of a real store, cut short."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fwexp.config.schema import Config, Pricing
from fwexp.errors import StoreError
from fwexp.evidence.cost import why_unpriced
from fwexp.meters.environment import Environment
from fwexp.store.manifest import DeclaredRun
from fwexp.store.migrations import SCHEMA, migrate_manifest, migrate_record
from fwexp.store.record import Effective, RunRecord
from fwexp.store.store import Store
from fwexp.tasks.classification import Classification

VERSION_1 = Path(__file__).parent / "version_1"
MACHINE = "AMD EPYC, 2 cores"
TORCH, TF = "torch-mlp-digits-s0-86c7fc27265f", "tf-cnn-digits-s0-54fadb724604"
MLP, CNN = "c4ebe428296b", "a807f6428c1b"  # workloads
CERTIFICATES = {CNN: "002e0b305ee4d543", MLP: "5935832775ebb073"}
MANIFEST = "sweeps/demo/manifest.json"
RECORD = f"runs/amd_epyc_2_cores/{TORCH}/record.json"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    shutil.copytree(VERSION_1, tmp_path / "store")
    return Store(tmp_path / "store")


def record_of(store: Store, run_id: str) -> RunRecord:
    record = store.read_record(MACHINE, run_id)
    assert record is not None
    return record


@pytest.mark.parametrize(
    ("run_id", "framework", "model"), [(TORCH, "torch", "mlp"), (TF, "tf", "cnn")]
)
def test_a_record_is_typed(store: Store, run_id: str, framework: str, model: str) -> None:
    record = record_of(store, run_id)
    config = record.config
    assert isinstance(config, Config)
    assert (config.framework.name, config.model.name, config.seed) == (framework, model, 0)
    assert (config.training.quality_target, config.training.target) == (0.9, 0.98)
    assert config.data.task == "fwexp.tasks.classification:Classification"
    assert isinstance(record.environment, Environment)
    assert record.environment.host == "example"
    assert isinstance(record.effective, Effective)
    assert record.effective.num_threads == 1
    assert record.metric == Classification.metric
    assert (record.schema, len(record.evaluations)) == (SCHEMA, 2)


def test_a_price_was_for_a_hardware_and_is_for_its_machine_classes(store: Store) -> None:
    """Which have no name of an accelerator before their host's."""
    pricing = store.read_manifest("demo").pricing
    assert isinstance(pricing, Pricing)
    assert pricing == record_of(store, TORCH).config.pricing
    assert why_unpriced(pricing, machine_class=MACHINE) == ""
    assert why_unpriced(pricing, machine_class=f"NVIDIA H100 × 8; host {MACHINE}") != ""


def test_a_sweep_spoke_for_its_own_length_and_had_no_floors(store: Store) -> None:
    comparison = store.read_manifest("demo").comparison
    assert comparison.horizon == "as run"
    floors = (comparison.floor_s, comparison.floor_usd, comparison.floor_mib)
    assert (*floors, comparison.floor_points) == (0, 0, 0, 0)
    record = record_of(store, TORCH)
    assert record.config.comparison.horizon == "as run"
    assert record.more_imports_s == []
    assert record.evaluations[0].took_s is None


@pytest.mark.parametrize("hardware", ["gpu", "tpu"])
def test_a_price_for_an_accelerator_stays_one(hardware: str) -> None:
    plain = read(RECORD)
    plain["config"]["pricing"]["hardware"] = hardware
    pricing = Pricing(**migrate_record(plain)["config"]["pricing"])
    assert why_unpriced(pricing, machine_class=MACHINE) != ""
    assert why_unpriced(pricing, machine_class=f"NVIDIA H100 × 8; host {MACHINE}") == ""


def test_every_run_has_its_workload_and_every_workload_its_certificate(store: Store) -> None:
    manifest = store.read_manifest("demo")
    assert {k: w.certificate for k, w in manifest.workloads.items()} == CERTIFICATES
    assert manifest.certificates == list(CERTIFICATES.values())
    assert manifest.runs[TORCH] == DeclaredRun(workload=MLP, framework="torch", seed=0)
    assert manifest.runs[TF] == DeclaredRun(workload=CNN, framework="tf", seed=0)
    assert len(manifest.runs) == 8
    for run_id, run in manifest.runs.items():
        framework, model, _, seed, _ = run_id.split("-")
        config = manifest.config_of(run_id)
        assert (config.framework.name, config.model.name) == (framework, model)
        assert f"s{config.seed}" == seed
        workload = manifest.workloads[run.workload]
        assert (workload.target, workload.quality_target) == (0.98, 0.9)
    assert {run_id for block in manifest.blocks for run_id in block} == set(manifest.runs)
    assert manifest.schema == SCHEMA


def test_a_runs_declared_configuration_is_its_records(store: Store) -> None:
    manifest = store.read_manifest("demo")
    for run_id in (TORCH, TF):
        assert manifest.config_of(run_id) == record_of(store, run_id).config


def test_the_certificates_are_found_by_the_manifests_keys(store: Store) -> None:
    manifest = store.read_manifest("demo")
    certificates, complaints = store.read_certificates(manifest.certificates)
    assert complaints == []
    found = {key: certificates[CERTIFICATES[key]] for key in manifest.workloads}
    assert {key: c.model for key, c in found.items()} == {CNN: "cnn", MLP: "mlp"}
    assert all(certificate.passed for certificate in found.values())


def test_what_this_version_writes_is_not_migrated_again(store: Store) -> None:
    manifest, record = store.read_manifest("demo"), record_of(store, TORCH)
    store.write_manifest(manifest)
    store.run(MACHINE, TORCH).finish(record)
    assert store.read_manifest("demo") == manifest
    assert record_of(store, TORCH) == record
    for path in (RECORD, MANIFEST):
        plain = json.loads((store.path / path).read_text())
        assert plain["schema"] == SCHEMA
        assert (migrate_record if path == RECORD else migrate_manifest)(plain) is plain


def read(path: str) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads((VERSION_1 / path).read_text())
    return plain


def complaint(store: Store, path: str, **changes: Any) -> str:
    """What is said of the file with these changes, less its name."""
    file = store.path / path
    file.write_text(json.dumps(read(path) | changes))
    with pytest.raises(StoreError) as raised:
        record_of(store, TORCH) if path == RECORD else store.read_manifest("demo")
    assert str(raised.value).startswith(f"{file}: ")
    return str(raised.value).removeprefix(f"{file}: ")


@pytest.mark.parametrize("path", [RECORD, MANIFEST])
def test_a_later_version_is_named(store: Store, path: str) -> None:
    assert complaint(store, path, schema=SCHEMA + 1) == (
        f"written by a later version of fwexp (its schema is {SCHEMA + 1}, this one's {SCHEMA}); "
        "upgrade fwexp, or use another store"
    )


def without_level(plain: dict[str, Any]) -> dict[str, Any]:
    training = {k: v for k, v in plain["config"]["training"].items() if k != "level"}
    return {"config": plain["config"] | {"training": training}}


@pytest.mark.parametrize(
    ("path", "mangled", "why"),
    [
        (RECORD, without_level, "KeyError 'level'"),
        (RECORD, lambda _: {"config": None}, "TypeError 'NoneType' object is not subscriptable"),
        (MANIFEST, lambda _: {"targets": None}, "TypeError 'NoneType' object is not iterable"),
        (
            MANIFEST,
            lambda plain: {"targets": plain["targets"] | {"w": None}, "certificates": []},
            "LookupError its targets are not those of its workloads",
        ),
        (
            MANIFEST,
            lambda plain: {"certificates": plain["certificates"][:1]},
            "LookupError its certificates are not those of its workloads",
        ),
    ],
)
def test_what_cannot_be_brought_up_to_date_is_named_with_what_to_type(
    store: Store, path: str, mangled: Callable[[dict[str, Any]], dict[str, Any]], why: str
) -> None:
    what = "a run's record" if path == RECORD else "a sweep's manifest"
    assert complaint(store, path, **mangled(read(path))) == (
        f"not {what} (too old for this fwexp: {why}; type the command again in a new store)"
    )
