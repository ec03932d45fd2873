"""The certificate as a sweep has it made: what passes, what does not, what is used again."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from fwexp.config.plain import to_plain
from fwexp.config.schema import Config
from fwexp.errors import ParityError
from fwexp.launch.combine import resolved
from fwexp.parity import capture
from fwexp.parity.certify import certify, describe
from fwexp.parity.key import certificate_key
from fwexp.store.certificate import Certificate
from fwexp.store.store import Store
from tests.parity.made_captures import MadeServers
from tests.tiny import FRAGILE, SharedServers, tiny_config, warm_servers

STAGES = [
    *["data", "parameters", "initial weights", "shapes", "forward", "loss", "gradients"],
    *["optimizer steps", "optimizer state", "statistics"],
    *["evaluation after training", "forward in float32", "dtypes"],
    *["mixed precision", "free steps", "evaluation"],
]
CNN = ["model=cnn", "model.options.width=4", "model.options.depth=2"]
MIXED = ("dtypes", "mixed precision")
AS_A_RUN = ("mixed precision", "free steps", "evaluation")
MINE = """\
# a user's model
name: mine
implementation: tests.parity.mine
options:
  width: 3
"""

said: list[str] = []


@pytest.fixture
def store(tmp_path: Path) -> Store:
    said.clear()
    return Store(tmp_path / "store")


def make(config: Config, store: Store) -> Certificate:
    return certify(config, store=store, servers=warm_servers(), say=said.append)


def failed(certificate: Certificate) -> list[str]:
    return [stage.name for stage in certificate.stages if not stage.passed]


def names(certificate: Certificate) -> list[str]:
    return [stage.name for stage in certificate.stages]


def without(*stages: str) -> list[str]:
    return [stage for stage in STAGES if stage not in stages]


@pytest.mark.parametrize(
    ("overrides", "absent"),
    [
        (
            ["model=mlp", "optimizer=sgd"],
            ["optimizer state", "statistics", "dtypes", "mixed precision"],
        ),
        (["model=mlp", "optimizer=momentum"], ["statistics", "dtypes", "mixed precision"]),
        (["model=mlp", "optimizer=adamw"], ["statistics", "dtypes", "mixed precision"]),
        ([*CNN, "optimizer=adam", "precision=bf16"], []),
    ],
)
def test_our_models_are_one_computation(overrides: list[str], absent: list[str], store: Store):
    certificate = make(tiny_config(*overrides), store)
    assert failed(certificate) == [], describe(certificate)
    assert certificate.passed
    assert names(certificate) == without(*absent)
    for stage in certificate.stages:
        if stage.name not in AS_A_RUN:  # whose tolerance is a reference's
            assert stage.tolerance in (0.0, 1e-10, 1e-4), stage.name
        assert stage.difference <= stage.tolerance, stage.name
    assert describe(certificate).startswith(
        f"parity of {certificate.model} × {certificate.optimizer} × digits: passed, "
        f"{len(certificate.stages)} stages, "
    )


def user_config(folder: Path, *overrides: str) -> Config:
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "mine.yaml").write_text(MINE)
    chosen = ["data=digits", "model=mine", "hardware.num_threads=1", *overrides]
    return resolved(chosen, [str(folder)])


def test_a_users_own_model(tmp_path: Path, store: Store):
    certificate = make(user_config(tmp_path / "conf"), store)
    assert failed(certificate) == [], describe(certificate)
    # 9·1·3 + 3 in the convolution, 2·3 in the norm, 3·10 + 10 in the head
    assert (certificate.model, certificate.num_parameters) == ("mine", 30 + 6 + 40)
    own, shared = {"torch.py": 12, "keras.py": 16}, {"torch.py shared": 0, "keras.py shared": 0}
    assert certificate.code_lines == own | shared


def test_a_users_model_whose_implementations_differ(tmp_path: Path, store: Store):
    config = user_config(tmp_path / "conf", "++model.options.fault=same padding")
    certificate = make(config, store)
    assert not certificate.passed
    stage = next(stage for stage in certificate.stages if not stage.passed)
    assert (stage.name, stage.where) == ("forward", "first")
    assert stage.difference > 0.1
    assert describe(certificate) == (
        "parity of mine × adam × digits: FAILED at stage forward, block first, relative difference "
        f"{stage.difference:.0e}: the first block whose outputs differ; probable trap: "
        "same padding at stride 2, which TensorFlow adds on one side; or dilation in one framework "
        "only; or images as channels first (NCHW) in one, channels last (NHWC) in the other"
    )


def test_a_weight_that_one_framework_does_not_train(tmp_path: Path, store: Store):
    config = user_config(tmp_path / "conf", "++model.options.fault=frozen")
    stage = next(stage for stage in make(config, store).stages if not stage.passed)
    assert (stage.name, stage.where) == ("gradients", "head.bias")
    assert stage.detail == (
        "only torch's loss depends on it; probable trap: a layer frozen, or cut from the graph, "
        "in one framework; or stop_gradient or detach in one framework only"
    )


def test_a_capture_that_raises(store: Store):
    fault = "++model.options.fault=raise"
    with pytest.raises(ParityError) as raised:
        make(resolved([*FRAGILE, fault]), store)
    (log,) = (store.path / "logs").glob("parity-torch-mlp-*.log")
    assert str(raised.value) == (
        f"parity of mlp: the torch capture failed: RuntimeError: planted; see {log}"
    )
    assert "RuntimeError: planted" in log.read_text()
    assert list(store.path.glob("certificates/*.json")) == []


def test_two_drivers_write_to_logs_of_their_own(store: Store):
    for _ in range(2):
        with pytest.raises(ParityError):
            make(resolved([*FRAGILE, "++model.options.fault=raise"]), store)
    assert len([*(store.path / "logs").glob("parity-torch-mlp-*.log")]) == 2


class NoServers(SharedServers):
    """Of which nothing may be asked."""

    def __getitem__(self, framework: str) -> None:
        raise AssertionError(f"the {framework} server was asked")


def test_a_certificate_is_used_again_until_it_is_torn(store: Store):
    config = tiny_config("optimizer=sgd")
    first = certify(config, store=store, servers=MadeServers(), say=said.append)  # type: ignore[arg-type]
    assert said == ["parity of mlp with sgd on digits …"]
    assert [*(store.path / "logs").iterdir()] == []  # those of what succeeded are deleted
    again = certify(config, store=store, servers=NoServers([]), say=said.append)  # type: ignore[arg-type]
    assert again == first
    file = store.path / "certificates" / f"{certificate_key(config)}.json"
    file.write_text(file.read_text()[:100])
    said.clear()
    made = certify(config, store=store, servers=MadeServers(), say=said.append)  # type: ignore[arg-type]
    assert made.stages == first.stages
    assert store.read_certificate(first.key) == made
    assert said[0].startswith(f"{file}: ")
    assert said[0].endswith("; making it again")


def keys(*overrides: Sequence[str]) -> list[str]:
    return [certificate_key(tiny_config(*chosen)) for chosen in overrides]


def test_the_key_is_of_what_is_vouched_for():
    different = keys(
        [],
        ["model=cnn"],
        ["model.options.width=9"],
        ["optimizer=momentum"],
        ["optimizer.learning_rate=0.3"],
        ["precision=bf16"],
        ["data=mnist"],
        ["data.task=fwexp.tasks.throughput:Throughput"],
        ["data.vocabulary_size=9"],
        ["data.scale=8"],
        ["training.batch_size=32"],
        ["training.num_steps=9"],
        ["hardware.num_threads=2"],
        ["execution=debug"],
    )
    assert len(set(different)) == 14
    same = keys([], ["seed=3"], ["framework=tf"], ["tracking=none"], ["comparison.num_seeds=3"])
    assert set(same) == {different[0]}
    assert keys(["hardware.devices=2"]) == [different[0]]


def test_several_devices_have_the_certificate_of_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    seen = []
    monkeypatch.setattr(capture, "write", lambda _, config, *__: seen.append(config.hardware))
    config = tiny_config("hardware.devices=2", "hardware.nodes=2")
    arguments = {"kind": "dtypes", "config": to_plain(config), "to": str(tmp_path / "arrays")}
    capture.capture({**arguments, "reference": None}, {}, lambda _: None)
    assert seen == [tiny_config().hardware]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_hardware_counts_as_the_free_steps_are_made_on_it(precision: str):
    chosen = [f"precision={precision}"]
    assert len(set(keys(chosen, [*chosen, "hardware=gpu"]))) == 2
