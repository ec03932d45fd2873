"""What makes a run another run, and what does not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fwexp.config.load import compose
from fwexp.config.schema import Config
from fwexp.errors import ConfigError
from fwexp.models.registry import GIVEN
from fwexp.runs import identity
from fwexp.runs.identity import run_digests, run_id, sha256_of, source_digests, workload_key

DECIDES = [
    "framework=tf",
    "model=mlp",
    "model.options.width=16",
    "data=mnist",
    "data.task=other.module:Task",
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
    assert torch.keys() - tf.keys() == {"torch", "pytorch-lightning"}
    assert tf.keys() - torch.keys() == {"tensorflow", "keras"}


Digests = Callable[[], dict[str, str]]


@pytest.fixture
def own_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "own_model_of_test_identity"
    package.mkdir()
    for name in ("__init__", "spec", "torch", "keras"):
        (package / f"{name}.py").write_text(f"# {name}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return package


@pytest.fixture
def digests(own_model: Path) -> Digests:
    config = compose([f"model.implementation={own_model.name}"])
    return lambda: source_digests(config)


def test_either_implementation_of_the_model_decides(own_model: Path, digests: Digests) -> None:
    """Of the pair: a run whose partner changed is no longer its match."""
    found = [digests()["model"]]
    for name in ("spec", "torch", "keras"):
        (own_model / f"{name}.py").write_text("# changed\n")
        found.append(digests()["model"])
    (own_model / "keras.py").rename(own_model / "keras2.py")
    found.append(digests()["model"])
    (own_model / "blocks").mkdir()
    (own_model / "blocks" / "stem.py").touch()
    found.append(digests()["model"])
    assert len(set(found)) == len(found)


def test_of_a_users_model_the_whole_package_decides(own_model: Path) -> None:
    """Its layers may lie beside it."""
    inner = own_model / "models" / "mine"
    inner.mkdir(parents=True)
    (inner / "__init__.py").touch()
    config = compose([f"model.implementation={own_model.name}.models.mine"])
    found = [source_digests(config)["model"]]
    for name in ("layers.py", "models/blocks.py", "models/mine/spec.py"):
        (own_model / name).write_text("# new\n")
        found.append(source_digests(config)["model"])
    assert len(set(found)) == len(found)


def test_one_of_our_models_is_not_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new model of fwexp's own leaves the runs of the others done."""
    files: list[Path] = []
    monkeypatch.setattr(identity, "files_sha256", lambda paths: files.extend(paths) or "")
    identity.source_digests(compose(["model=mlp"]))
    folders = {path.parent.name for path in files if "models" in path.parts}
    assert folders == {"mlp", "models"}


def test_what_is_no_source_of_the_model_does_not(own_model: Path, digests: Digests) -> None:
    before = digests()
    (own_model / "notes.txt").touch()
    assert digests() == before


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("trainers/keras_trainer.py", "trainers"),
        ("trainers/torch_optimizers.py", "trainers"),
        ("models/initialization.py", "trainers"),
        ("runs/execute.py", "harness"),
        ("runs/watch.py", "harness"),
        ("runs/attempt.py", "harness"),
        ("runs/checkpoint.py", "harness"),
        ("tasks/classification.py", "harness"),
        ("tasks/numerics.py", "harness"),
        ("meters/clock.py", "harness"),
        ("meters/device_use.py", "harness"),
        ("meters/load.py", "harness"),
        ("meters/memory.py", "harness"),
        ("data/dataset.py", "harness"),
    ],
)
def test_our_own_source_decides(
    file: str, part: str, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digests()
    changed = Path(identity.__file__).parents[1] / file
    real = Path.read_bytes
    monkeypatch.setattr(
        Path, "read_bytes", lambda path: real(path) + (b"#" if path == changed else b"")
    )
    after = digests()
    assert {name for name in after if after[name] != before[name]} == {part}


def test_a_package_that_is_not_there_is_named() -> None:
    for name in ("no_such_package.mine", "json.decoder"):
        with pytest.raises(ConfigError) as raised:
            source_digests(compose([f"model.implementation={name}"]))
        assert raised.value.problems == [
            f"model=cnn: there is no Python package {name}; model.implementation names a package "
            "with spec.py, torch.py and keras.py, installed or in the folder you type the command "
            "in"
        ]


def test_a_hash_of_plain_data_ignores_the_order_of_keys() -> None:
    assert sha256_of({"a": 1, "b": [1, 2]}) == sha256_of({"b": [1, 2], "a": 1})
    assert sha256_of({"a": 1}) != sha256_of({"a": 1.5})
