"""What the owner of a bad pair is told: of planted pairs, and of made-up numbers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fwexp.launch.combine import resolved
from fwexp.models.spec import Variable, batch_norm, convolution, dense, embedding, layer_norm, named
from fwexp.parity.certify import certify, describe
from fwexp.parity.hints import HINTS, hinted, probable_traps
from fwexp.parity.symptoms import Failure, kind_of
from fwexp.store.certificate import Stage
from fwexp.store.store import Store
from tests.tiny import warm_servers

PLANTED = ["data=digits", "hardware.num_threads=1", "model=cnn"]
PLANTED += ["model.implementation=tests.parity.faulty", "~model.options.depth"]


@pytest.mark.parametrize(
    ("fault", "place", "trap"),
    [
        (
            "same padding",
            "block conv2",
            "same padding at stride 2, which TensorFlow puts to one side",
        ),
        ("border", "block conv1", "padding: the images differ at their border alone"),
        ("epsilon", "block norm1", "BatchNorm's epsilon: 1e-3 by Keras's default, 1e-5 by torch's"),
        (
            "slope",
            "block relu1",
            "a slope below zero: leaky_relu or gelu in one, relu in the other",
        ),
        (
            "flatten",
            *("block head", "flattened by channels first in one, channels last in the other"),
        ),
    ],
)
def test_a_planted_pair(fault: str, place: str, trap: str, tmp_path: Path) -> None:
    config = resolved([*PLANTED, f"++model.options.fault={fault}"])
    store = Store(tmp_path / "store")
    certificate = certify(config, store=store, servers=warm_servers(), say=lambda _: None)
    (stage, *_) = [stage for stage in certificate.stages if not stage.passed]
    told = f"{stage.difference:.0e}: the first block whose outputs differ; probable trap: {trap}"
    assert describe(certificate).startswith(
        f"parity of cnn × adam × digits: FAILED at stage forward, {place}, "
        f"relative difference {told}"
    )


@dataclass(frozen=True)
class Made:
    """A spec of nothing but these variables and blocks."""

    named_variables: dict[str, Variable]
    named_blocks: list[str]
    image_shape: tuple[int, ...] = (8, 8, 3)

    def variables(self) -> dict[str, Variable]:
        return self.named_variables

    def blocks(self) -> list[str]:
        return self.named_blocks


LSTM = {"recurrent_kernel": Variable(shape=(2, 8), initializer="zeros")}
SPEC = Made(
    {
        **named("conv", convolution(3, 3, 2, bias=True)),
        **named("norm", batch_norm(2)),
        **named("block0.norm1", layer_norm(2)),
        **named("lstm", LSTM),
        **named("tokens", embedding(5, 2)),
        **named("head", dense(8, 3)),
    },
    ["conv", "norm", "relu", "pool", "block0.norm1", "block0.attend", "act", "lstm", "head"],
)
RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(2, 8, 8, 2))
ROWS = RNG.normal(size=(2, 3))
SLOPE = "a slope below zero: leaky_relu or gelu in one, relu in the other"


def told(
    stage: str,
    where: str,
    difference: float,
    *,
    ours: dict[str, Any] | None = None,
    theirs: dict[str, Any] | None = None,
    optimizer: str = "adam",
    detail: str = "",
) -> list[str]:
    failed = Stage(
        name=stage,
        passed=False,
        difference=difference,
        tolerance=1e-10,
        where=where,
        detail=detail,
    )
    return probable_traps(
        Failure(stage=failed, torch=ours or {}, keras=theirs or {}, spec=SPEC, optimizer=optimizer)
    )


def first_told(stage: str, where: str, ours: Any, theirs: Any, difference: float = 0.1) -> str:
    """Of two arrays where the stage looks for them."""
    path = {"forward": "float64/block/", "gradients": "float64/gradient/", "loss": "float64/"}
    key = f"{path[stage]}{where}"
    return told(stage, where, difference, ours={key: ours}, theirs={key: theirs})[0]


def at_border(images: Any) -> Any:
    changed = images.copy()
    changed[:, 0] += 0.1
    return changed


@pytest.mark.parametrize(
    ("where", "ours", "theirs", "trap"),
    [
        ("conv", IMAGES, at_border(IMAGES), "padding: the images differ at their border alone"),
        ("relu", np.maximum(IMAGES, 0), np.maximum(IMAGES, IMAGES / 100), SLOPE),
        ("relu", np.maximum(IMAGES, IMAGES / 100), np.maximum(IMAGES, 0), SLOPE),
        (
            *("relu", np.clip(9 * IMAGES, 0, 6), np.maximum(9 * IMAGES, 0)),
            "relu6 in one, relu in the other",
        ),
        ("block0.attend", ROWS, ROWS / 4, "a scale: Keras's numbers are torch's times 0.25"),
    ],
)
def test_a_sign_in_the_outputs(where: str, ours: Any, theirs: Any, trap: str) -> None:
    assert first_told("forward", where, ours, theirs) == trap


def test_a_sign_that_is_not_there() -> None:
    noise = IMAGES + 1e-3 * RNG.normal(size=IMAGES.shape)
    plain = "dilation or groups of one side only"
    assert first_told("forward", "conv", IMAGES, noise) == plain
    assert first_told("forward", "relu", IMAGES**2, noise**2) == "another activation"
    broken = {"float64/block/conv": np.full((2, 8, 8, 2), np.nan)}
    assert told("forward", "conv", np.inf, ours=broken, theirs=broken)[0] == plain


def test_images_that_get_half_as_high() -> None:
    """By "same" padding TensorFlow then pads one side."""
    same = "same padding at stride 2, which TensorFlow puts to one side"
    half, noise = IMAGES[:, ::2, ::2], RNG.normal(size=(2, 4, 4, 2))
    assert first_told("forward", "conv", half, noise) == same
    assert first_told("forward", "conv", IMAGES, noise.repeat(2, 1).repeat(2, 2)) != same


def test_a_dense_layer_behind_images() -> None:
    flat = "flattened by channels first in one, channels last in the other"
    before = SPEC.blocks()[SPEC.blocks().index("head") - 1]
    for kind, expected in ((IMAGES, True), (ROWS, False)):
        ours = {f"float64/block/{before}": kind, "float64/block/head": ROWS}
        found = told("forward", "head", 0.1, ours=ours, theirs={**ours})
        assert (flat in found) is expected


@pytest.mark.parametrize(
    ("where", "size", "trap"),
    [
        ("norm", 3e-4, "BatchNorm's epsilon: 1e-3 by Keras's default, 1e-5 by torch's"),
        ("block0.norm1", 1e-3, "LayerNormalization's epsilon: 1e-3 by Keras's default"),
        ("head", 0.1, "dropout that is on in one of the two"),
        ("lstm", 0.1, "the order of the gates: i,f,c,o in an LSTM"),
        ("block0.attend", 0.1, "attention's scale: 1/√(head size) in one of the two"),
        ("block0.attend", 1e-8, "attention's scale passes through float32"),
        ("act", 3e-4, "gelu in its tanh form in one, its erf form in the other"),
        ("act", 5e-9, "gelu or leaky_relu computed in float32 inside float64"),
        ("conv", 6e-9, "float32 inside float64: a Python number cast to float32 on its way"),
        ("evaluation", 0.1, "evaluated in training mode: BatchNorm's or dropout's flag"),
    ],
)
def test_by_the_kind_of_layer_and_the_size(where: str, size: float, trap: str) -> None:
    assert told("forward", where, size)[0].startswith(trap)


@pytest.mark.parametrize(
    ("stage", "where", "optimizer", "trap"),
    [
        ("optimizer steps", "step 3, conv.bias", "adamw", "weight decay on biases and norms, too"),
        ("optimizer steps", "step 3, conv.kernel", "adamw", "Adam's epsilon: outside the bias"),
        ("optimizer steps", "step 1, norm.gamma", "adam", "Adam's epsilon: outside the bias"),
        ("optimizer steps", "step 1, head.kernel", "momentum", "Nesterov's momentum in one"),
        ("optimizer steps", "step 2, head.kernel", "sgd", "a learning rate a step early or late"),
        ("optimizer steps", "step 2, tokens.embeddings", "adam", "an embedding's gradient as"),
        ("optimizer state", "step 2, head.kernel/m", "adam", "a moment kept already"),
        ("optimizer state", "step 2, head.kernel/momentum", "momentum", "a velocity that contains"),
        ("initial weights", "conv.kernel", "adam", "the framework's own initialisation"),
        ("parameters", "conv.bias", "adam", "a bias that is there by default"),
        ("parameters", "extra.bias", "adam", "a bias that is there by default"),
        ("parameters", "lstm.bias", "adam", "torch's second LSTM bias, or GRU's reset_after"),
        ("parameters", "norm.gamma", "adam", "a norm's scale or shift"),
        ("parameters", "head.kernel", "adam", "a kernel's layout"),
        ("shapes", "pool", "adam", "ceil_mode pooling in torch"),
        ("shapes", "conv", "adam", "padding: forgotten in one of the two"),
        ("gradients", "conv.kernel", "adam", "stop_gradient or detach in one of the two"),
        ("evaluation after training", "logits", "adam", "evaluated in training mode, or by other"),
        ("forward in float32", "conv", "adam", "TF32 or a mixed policy where float32"),
        ("dtypes", "conv", "adam", "a layer with a dtype of its own"),
    ],
)
def test_by_the_stage(stage: str, where: str, optimizer: str, trap: str) -> None:
    assert told(stage, where, 1e-3, optimizer=optimizer)[0].startswith(trap)


def test_a_constant_through_float32_in_the_step() -> None:
    found = told("optimizer steps", "step 1, head.kernel", 1e-8, optimizer="sgd")
    assert found[0] == "the learning rate or another constant passes through float32"


def test_a_step_that_is_another_by_far() -> None:
    found = told("optimizer steps", "step 1, head.kernel", 0.7, optimizer="adamw")
    assert found[0].startswith("weight decay: coupled")


def test_a_loss() -> None:
    assert first_told("loss", "loss", np.array(2.0), np.array(32.0)) == (
        "a sum in one, a mean in the other"
    )
    assert first_told("loss", "loss", np.array(2.0), np.array(31.0)).startswith("softmax twice")
    larger = {"float64/loss": np.array(2.1)}
    found = told("loss", "loss", 0.05, ours={"float64/loss": np.array(2.0)}, theirs=larger)
    assert [trap.partition(":")[0] for trap in found] == [
        "softmax twice",
        "a regularizer, whose penalty Keras adds to the loss",
        "label smoothing in one of the two",
    ]


def test_a_loss_reported_of_the_steps() -> None:
    ours, place = {"losses": np.array([3.0, 2.0, 1.0])}, "reported at step 2"
    means = {"losses": np.array([3.0, 2.5, 2.0])}
    log = "Keras's own log, which is a running mean over the steps"
    assert told("loss", place, 0.1, ours=ours, theirs=means)[0] == log
    other = told("loss", place, 0.1, ours=ours, theirs={"losses": np.array([3.0, 2.1, 1.0])})
    assert other[0].startswith("a weight that only one side has, and trains")


def test_a_gradient() -> None:
    clipped = first_told("gradients", "head.kernel", ROWS, ROWS / 8)
    assert clipped == (
        "gradients clipped each by its own norm (Keras's clipnorm): Keras's are torch's times 0.125"
    )
    found = told("gradients", "head.bias", np.inf, detail="only torch's loss depends on it")
    assert found[0] == "a layer frozen, or cut out of the graph, in one of the two"


def test_running_statistics() -> None:
    place = "step 2, norm.moving_variance"
    ours = {"state/2/norm.moving_mean": np.ones(2), "state/2/norm.moving_variance": np.ones(2)}
    biased = {**ours, "state/2/norm.moving_variance": np.full(2, 0.9)}
    slower = {name: 0.9 * array for name, array in ours.items()}
    found = told("statistics", place, 0.1, ours=ours, theirs=biased)
    assert found[0].startswith("the biased running variance")
    found = told("statistics", place, 0.1, ours=ours, theirs=slower)
    assert found[0].startswith("BatchNorm's momentum in the other's sense")


def test_a_batch() -> None:
    batch = {"batch/1/x": np.array(["a"]), "batch/1/targets": np.array(["b"])}
    scaled = {**batch, "batch/1/x": np.array(["c"])}
    assert told("data", "batch 1/x", np.inf, ours=batch, theirs=scaled)[0] == (
        "samples scaled or normalised in one of the two"
    )
    shuffled = {**scaled, "batch/1/targets": np.array(["d"])}
    assert told("data", "batch 1/targets", np.inf, ours=batch, theirs=shuffled)[0] == (
        "a shuffle of its own: a bounded buffer instead of the common order"
    )


def test_the_first_failure_is_explained_and_no_other() -> None:
    passed, *failed = (
        Stage(name=name, passed=name == "data", difference=0.1, tolerance=0, where="", detail="d")
        for name in ("data", "initial weights", "forward in float32")
    )
    found = hinted([passed, *failed], sides=({}, {}), spec=SPEC, optimizer="adam")
    assert found[0] is passed
    assert found[1].detail == (
        "d; probable trap: the framework's own initialisation: the spec's weights never reached it"
    )
    assert found[2] is failed[1]
    assert hinted([passed], sides=({}, {}), spec=SPEC, optimizer="adam") == [passed]


def test_never_more_than_three() -> None:
    assert len(told("forward", "lstm", 0.1)) == 3


def test_every_hint_is_of_a_stage_that_there_is(stage_names: set[str]) -> None:
    for hint in HINTS:
        assert set(hint.stages) <= stage_names, hint.trap


@pytest.fixture
def stage_names() -> set[str]:
    return {
        *("data", "parameters", "initial weights", "shapes", "forward", "loss", "gradients"),
        *("optimizer steps", "optimizer state", "statistics", "evaluation after training"),
        *("forward in float32", "dtypes"),
    }


def test_the_kind_of_a_layer() -> None:
    kinds = {name: kind_of(name, SPEC.variables()) for name in SPEC.blocks()}
    assert kinds == {
        "conv": "convolution",
        "norm": "batch norm",
        "relu": "activation",
        "pool": "pooling",
        "block0.norm1": "layer norm",
        "block0.attend": "attention",
        "act": "activation",
        "lstm": "recurrent",
        "head": "dense",
    }
    assert kind_of("tokens", SPEC.variables()) == "embedding"
    assert kind_of("block0", SPEC.variables()) == ""
    depthwise = {"d.kernel": Variable(shape=(3, 3, 8, 1), initializer="zeros")}
    assert kind_of("d", depthwise) == "depthwise"
