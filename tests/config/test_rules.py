"""Every rule, with its exact message."""

from dataclasses import replace

import pytest

from fwexp.config.load import compose
from fwexp.config.rules import check
from fwexp.config.schema import Config
from fwexp.errors import ConfigError


@pytest.fixture(scope="module")
def config() -> Config:
    return compose([])


def problems_of(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        compose(overrides)
    return raised.value.problems


def test_the_default_run_breaks_no_rule(config: Config) -> None:
    assert check(config) == []


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("seed", -1, "from 0 to 4294967295"),
        ("seed", 2**32, "from 0 to 4294967295"),
        ("data.num_train", 0, "at least 1"),
        ("data.num_test", 0, "at least 1"),
        ("data.num_classes", 1, "at least 2"),
        ("data.scale", 0.0, "above 0"),
        ("training.batch_size", 0, "at least 1"),
        ("training.num_epochs", 0.0, "above 0"),
        ("training.num_epochs", float("nan"), "above 0"),
        ("training.num_epochs", float("inf"), "above 0"),
        ("training.num_steps", 0, "at least 1"),
        ("training.evaluate_every_epochs", 0.0, "above 0"),
        ("training.target", 0.0, "above 0"),
        ("training.target", float("inf"), "above 0"),
        ("hardware.num_threads", 0, "at least 1"),
        ("hardware.devices", 0, "at least 1"),
        ("hardware.nodes", 0, "at least 1"),
        ("hardware.probe_timeout_s", 0.0, "above 0"),
        ("tracking.answer_timeout_s", 0.0, "above 0"),
        ("optimizer.learning_rate", 0.0, "above 0"),
        ("optimizer.momentum", 1.0, "at least 0 and below 1"),
        ("optimizer.beta_1", -0.1, "at least 0 and below 1"),
        ("optimizer.beta_2", 1.0, "at least 0 and below 1"),
        ("optimizer.epsilon", 0.0, "above 0"),
        ("optimizer.weight_decay", -0.1, "at least 0"),
        ("optimizer.schedule.warmup_fraction", 1.0, "at least 0 and below 1"),
        ("comparison.num_seeds", 0, "at least 1"),
        ("comparison.score_margin_points", 0.0, "above 0"),
        ("comparison.score_margin_ratio", 1.0, "above 1"),
        ("comparison.ratio_margin", 1.0, "above 1"),
        ("comparison.confidence", 0.5, "above 0.5 and below 1"),
        ("comparison.confidence", 1.0, "above 0.5 and below 1"),
        ("comparison.floor_s", -1.0, "at least 0"),
        ("comparison.floor_usd", -0.01, "at least 0"),
        ("comparison.floor_mib", float("nan"), "at least 0"),
        ("comparison.floor_points", -1.0, "at least 0"),
        ("comparison.num_imports", 0, "at least 1"),
        ("pricing.price_usd_per_hour", 0.0, "above 0"),
    ],
)
def test_range(config: Config, path: str, value: float, words: str) -> None:
    assert f"{path}={value}: must be {words}." in check(with_value(config, path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seed", 0),
        ("seed", 2**32 - 1),
        ("training.batch_size", 1),
        ("training.target", 1.0),
        ("training.target", 20.0),  # of a perplexity; the planner asks the task
        ("optimizer.beta_1", 0.0),
        ("optimizer.schedule.warmup_fraction", 0.0),
        ("comparison.num_seeds", 1),
        ("hardware.num_threads", 1),
    ],
)
def test_the_edge_of_a_range_is_in_it(config: Config, path: str, value: float) -> None:
    assert check(with_value(config, path, value)) == []


@pytest.mark.parametrize(
    ("path", "choices"),
    [
        ("framework.name", "torch, tf"),
        ("hardware.name", "cpu, gpu, tpu"),
        ("precision.name", "fp32, tf32, bf16, fp16"),
        ("execution.name", "plain, debug"),
        ("optimizer.name", "sgd, momentum, adam, adamw"),
        ("optimizer.schedule.name", "constant, cosine"),
        ("tracking.name", "none, wandb_offline, wandb_online, tensorboard"),
        ("pricing.terms", "on_demand, spot"),
    ],
)
def test_choice(config: Config, path: str, choices: str) -> None:
    assert check(with_value(config, path, "jax")) == [f"{path}=jax: must be one of {choices}."]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "model.implementation",
            "my/model",
            "must be a dotted package name, as in mypackage.mymodel.",
        ),
        ("model.implementation", "", "must be a dotted package name, as in mypackage.mymodel."),
        (
            "data.task",
            "throughput",
            "must be 'package.module:name', as in fwexp.tasks.classification:Classification.",
        ),
        (
            "data.format",
            "my.format:",
            "must be 'package.module:name', as in fwexp.data.formats.idx:decode.",
        ),
        (
            "comparison.horizon",
            "a while",
            "must be 'as run' or a time above 0, as in 30min, 1h or 2d.",
        ),
        (
            "comparison.horizon",
            "0h",
            "must be 'as run' or a time above 0, as in 30min, 1h or 2d.",
        ),
        ("pricing.date", "9 Nov", "must be a date, as in 2026-01-31."),
        (
            "tracking.project",
            "team/mine",
            "must be the name of a W&B project, at most 128 letters and none of / \\ # ? % :; the "
            "team goes into WANDB_ENTITY.",
        ),
        ("data.sha256", "abc", "must be 64 hexadecimal digits."),
        ("store", "", "must be the name of a folder, as in store=store."),
        ("data.image_shape", [8, 8], "must be height, width and channels, each at least 1."),
        ("data.image_shape", [8, 0, 1], "must be height, width and channels, each at least 1."),
        ("data.mean", [0.1, 0.2], "must be one number per channel (there are 1)."),
        ("data.std", [], "must be one number per channel (there are 1)."),
        ("data.std", [0.0], "each must be above 0."),
    ],
)
def test_form(config: Config, path: str, value: object, message: str) -> None:
    assert check(with_value(config, path, value)) == [f"{path}={value}: {message}"]


@pytest.mark.parametrize(
    ("precision", "hardware", "message"),
    [
        (
            "fp16",
            "cpu",
            "precision=fp16 on cpu is refused: Lightning would train bf16 while Keras trains fp16; "
            "use bf16 or fp32.",
        ),
        (
            "fp16",
            "tpu",
            "precision=fp16 on tpu is refused: a TPU has no float16 arithmetic; use bf16 or fp32.",
        ),
        (
            "tf32",
            "cpu",
            "precision=tf32 on cpu is refused: TF32 is an NVIDIA Ampere-or-newer mode.",
        ),
        (
            "tf32",
            "tpu",
            "precision=tf32 on tpu is refused: TF32 is an NVIDIA Ampere-or-newer mode.",
        ),
    ],
)
def test_refused_precision(precision: str, hardware: str, message: str) -> None:
    assert problems_of(f"precision={precision}", f"hardware={hardware}") == [message]


@pytest.mark.parametrize(
    ("devices", "nodes", "instead"), [(3, 1, "63|66"), (5, 3, "60|75"), (100, 1, "100")]
)
def test_a_batch_that_does_not_divide_evenly(devices: int, nodes: int, instead: str) -> None:
    assert problems_of(f"hardware.devices={devices}", f"hardware.nodes={nodes}") == [
        f"training.batch_size=64 does not divide evenly across {devices * nodes} replicas "
        f"(hardware.devices={devices}, hardware.nodes={nodes}); "
        f"choose training.batch_size={instead}."
    ]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["framework=tf", "hardware.nodes=2"],
            "hardware.nodes=2 framework=tf is refused: Keras 3's fit fails under "
            "MultiWorkerMirroredStrategy (keras#20585); choose hardware.nodes=1, or "
            "framework=torch.",
        ),
        (
            ["framework=tf", "hardware=gpu", "hardware.devices=2", "precision=fp16"],
            "hardware.devices=2 framework=tf precision=fp16 is refused: Keras's loss scaling "
            "checks only the first device's gradients for overflow; choose hardware.devices=1, or "
            "precision=bf16|fp32.",
        ),
        (
            ["framework=torch", "hardware=tpu", "hardware.devices=4"],
            "hardware.devices=4 hardware.nodes=1 framework=torch on tpu is refused: Lightning's "
            "XLAStrategy trains in processes of its own, from which no measurements return; "
            "choose hardware.devices=1 hardware.nodes=1, or framework=tf.",
        ),
    ],
)
def test_refused_replicas(overrides: list[str], message: str) -> None:
    assert problems_of(*overrides) == [message]


@pytest.mark.parametrize(
    "overrides",
    [
        ["framework=torch", "hardware=gpu", "hardware.devices=4", "hardware.nodes=2"],
        ["framework=torch", "hardware=gpu", "hardware.devices=2", "precision=fp16"],
        ["framework=tf", "hardware=gpu", "hardware.devices=4"],
        ["framework=tf", "hardware=tpu", "hardware.devices=4"],
    ],
)
def test_allowed_replicas(overrides: list[str]) -> None:
    assert compose(overrides).hardware.devices > 1


@pytest.mark.parametrize("precision", ["fp32", "tf32", "bf16", "fp16"])
def test_every_precision_is_allowed_on_gpu(precision: str) -> None:
    assert compose([f"precision={precision}", "hardware=gpu"]).precision.name == precision


def test_both_durations() -> None:
    assert problems_of("training.num_steps=5") == [
        "training.num_epochs=10 and training.num_steps=5 are both given: "
        "choose training=steps, or set one to null."
    ]


def test_no_duration() -> None:
    assert problems_of("training.num_epochs=null") == [
        "training.num_epochs and training.num_steps are both null: give one of them."
    ]


def test_batch_larger_than_the_training_set() -> None:
    assert problems_of("training.batch_size=1438") == [
        "training.batch_size=1438: digits has only 1437 training samples; choose a smaller batch."
    ]
    assert compose(["training.batch_size=1437"]).training.batch_size == 1437


@pytest.mark.parametrize(
    ("optimizer", "unused"),
    [
        ("sgd", "momentum"),
        ("sgd", "beta_1"),
        ("sgd", "epsilon"),
        ("momentum", "beta_2"),
        ("adam", "momentum"),
        ("adam", "weight_decay"),
        ("adamw", "momentum"),
    ],
)
def test_value_that_the_formula_does_not_use(optimizer: str, unused: str) -> None:
    assert problems_of(f"optimizer={optimizer}", f"optimizer.{unused}=0.5") == [
        f"optimizer.{unused}=0.5: {optimizer} does not use {unused}; remove it."
    ]


@pytest.mark.parametrize(
    ("optimizer", "needed"),
    [
        ("momentum", "momentum"),
        ("adam", "beta_1"),
        ("adam", "beta_2"),
        ("adam", "epsilon"),
        ("adamw", "weight_decay"),
    ],
)
def test_value_that_the_formula_needs(optimizer: str, needed: str) -> None:
    assert problems_of(f"optimizer={optimizer}", f"optimizer.{needed}=null") == [
        f"optimizer.{needed}: {optimizer} needs it; type optimizer.{needed}=…"
    ]


def test_a_level_stands_above_something() -> None:
    assert problems_of("training.quality_target=0.2") == [
        "training.quality_target=0.2: name the baseline it exceeds; "
        "type training.baseline='the largest class'"
    ]
    assert problems_of("training.baseline=guessing") == [
        "training.baseline=guessing: also give the quality target that exceeds it: "
        "training.quality_target=…"
    ]
    assert compose(["training.quality_target=0.2", "training.baseline='the largest class'"])


@pytest.mark.parametrize("lacking", ["scale", "mean", "std"])
def test_images_have_a_scale_a_mean_and_a_std(config: Config, lacking: str) -> None:
    assert check(with_value(config, f"data.{lacking}", None)) == [
        "images need data.scale, data.mean and data.std: give all three."
    ]


def test_a_set_without_images_needs_none_of_them(config: Config) -> None:
    for name in ("image_shape", "scale", "mean", "std"):
        config = with_value(config, f"data.{name}", None)
    assert check(config) == []


def test_a_rule_is_not_asked_about_a_value_in_doubt(config: Config) -> None:
    broken = with_value(config, "training.num_epochs", None)
    assert len(check(broken)) == 1
    for doubt in ("training.num_steps", "training", "training.num_epochs.x"):
        assert check(broken, doubtful={doubt}) == []
    assert len(check(broken, doubtful={"training.num_step", "data"})) == 1


def with_value(config: Config, path: str, value: object) -> Config:
    """A copy with another value under a dotted key, whatever the command line would say."""
    return _replaced(config, path.split("."), value)


def _replaced(node: object, parts: list[str], value: object) -> object:
    name, *rest = parts
    inner = _replaced(getattr(node, name), rest, value) if rest else value
    return replace(node, **{name: inner})  # type: ignore[type-var]
