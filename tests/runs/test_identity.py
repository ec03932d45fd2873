"""What makes a run another run, and what does not."""

from dataclasses import replace
from pathlib import Path

import pytest

from fwexp.config.load import compose
from fwexp.config.schema import Config
from fwexp.identity.sources import forget
from fwexp.models.registry import GIVEN
from fwexp.runs import identity
from fwexp.runs.identity import run_digests, run_id, sha256_of, workload_key

DECIDES = [
    "framework=tf",
    "model=mlp",
    "model.options.width=16",
    "data=mnist",
    "data.task=fwexp.tasks.throughput:Throughput",
    "data.format=other.module:decode",
    "data.num_train=1000",
    "data.num_test=100",
    "data.num_classes=11",
    "data.image_shape=[4,16,1]",
    "data.sequence_length=3",
    "data.target_length=3",
    "data.vocabulary_size=3",
    "data.num_users=3",
    "data.num_items=3",
    "data.scale=255",
    "data.mean=[0.5]",
    "training.batch_size=32",
    "training.num_epochs=3",
    "training.evaluate_every_epochs=2",
    "hardware=gpu",
    "hardware.num_threads=3",
    "precision=bf16",
    "optimizer=sgd",
    "optimizer.learning_rate=0.5",
    "optimizer.schedule.warmup_fraction=0.5",
    "seed=1",
]
DECIDES_NOT = [
    "model.stand_in=cnn",
    "tracking=none",
    "tracking.project=mine",
    "store=elsewhere",
    "comparison.num_seeds=9",
    "comparison.score_margin_points=3",
    "pricing.price_usd_per_hour=9",
    "training.target=0.9",
    "training.name=mine",
    "hardware.probe_timeout_s=5",
    "data.path=/elsewhere",
    "data.licence=other",
]


def identify(config: Config) -> str:
    return run_id(config, run_digests(config))


def test_the_same_configuration_is_the_same_run() -> None:
    assert identify(compose([])) == identify(compose([]))


@pytest.mark.parametrize("override", DECIDES)
def test_what_decides_the_result_makes_another_run(override: str) -> None:
    assert identify(compose([override])) != identify(compose([]))


@pytest.mark.parametrize("override", DECIDES_NOT)
def test_what_does_not_decide_it_makes_none(override: str) -> None:
    assert identify(compose([override])) == identify(compose([]))


def test_all_that_a_model_is_built_for_decides() -> None:
    assert set(GIVEN) <= set(identity.DATA_DECIDES)


def test_the_launcher_decides_nothing() -> None:
    config = compose([])
    other = replace(config, launcher=replace(config.launcher, name="other"))
    assert identify(other) == identify(config)


def test_an_id_says_what_it_is_of_and_is_a_file_name() -> None:
    config = compose(["framework=tf", "model=mlp", "seed=3"])
    assert identify(config).startswith("tf-mlp-digits-s3-")
    climbing = replace(config, model=replace(config.model, name="../a b"))
    name = run_id(climbing, {})
    assert name.startswith("tf-.._a_b-digits-s3-")
    assert "/" not in name


def test_a_workload_is_all_but_framework_and_seed() -> None:
    key = workload_key(compose([]))
    for override in [*DECIDES_NOT, "framework=tf", "seed=1"]:
        assert workload_key(compose([override])) == key
    for override in ("model=mlp", "precision=bf16", "hardware.num_threads=3"):
        assert workload_key(compose([override])) != key


def test_the_digests_hold_the_frameworks_versions() -> None:
    torch, tf = (run_digests(compose([f"framework={name}"])) for name in ("torch", "tf"))
    assert {"torch", "pytorch_lightning"} <= torch.keys() - tf.keys()
    assert {"tensorflow", "keras"} <= tf.keys() - torch.keys()


@pytest.mark.parametrize(
    ("file", "frameworks"), [("spec", {"torch", "tf"}), ("torch", {"torch"}), ("keras", {"tf"})]
)
def test_a_users_model_decides_by_the_files_that_the_run_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, frameworks: set[str]
) -> None:
    """That the partner is still its match is for the certificate to say."""
    package = tmp_path / "own_model_of_test_identity"
    package.mkdir()
    for name in ("__init__", "spec", "torch", "keras"):
        (package / f"{name}.py").write_text("VALUE = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    own = f"model.implementation={package.name}"
    configs = {name: compose([own, f"framework={name}"]) for name in ("torch", "tf")}
    forget()
    before = {name: identify(config) for name, config in configs.items()}
    (package / f"{file}.py").write_text("VALUE = 2\n")
    forget()
    after = {name: identify(config) for name, config in configs.items()}
    forget()
    assert {name for name in configs if after[name] != before[name]} == frameworks


def test_a_hash_of_plain_data_ignores_the_order_of_keys() -> None:
    assert sha256_of({"a": 1, "b": [1, 2]}) == sha256_of({"b": [1, 2], "a": 1})
    assert sha256_of({"a": 1}) != sha256_of({"a": 1.5})
