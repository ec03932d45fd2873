"""What the owner of a bad pair is told: of planted pairs, and of made-up numbers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fwexp.launch.combine import resolved
from fwexp.models.spec import Variable, batch_norm, convolution, dense, embedding, layer_norm, named
from fwexp.parity.certify import certify, describe
from fwexp.parity.hints import HINTS, add_hints, probable_traps
from fwexp.parity.pair import Pair
from fwexp.parity.protocol import STAGES
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
            "same padding at stride 2, which TensorFlow adds on one side",
        ),
        ("border", "block conv1", "padding: the images differ only at their borders"),
        (
            "epsilon",
            "block norm1",
            "BatchNorm's epsilon: the default is 1e-3 in Keras, 1e-5 in torch",
        ),
        (
            "slope",
            "block relu1",
            "a nonzero slope below zero: leaky_relu or gelu in one, relu in the other",
        ),
        (
            "flatten",
            *("block head", "flattened channels first in one, channels last in the other"),
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
SLOPE = "a nonzero slope below zero: leaky_relu or gelu in one, relu in the other"


def told(
    stage: str,
    where: str,
    difference: float,
    *,
    ours: dict[str, Any] | None = None,
    theirs: dict[str, Any] | None = None,
    optimizer: str = "adam",
    detail: str = "",
    spec: Made = SPEC,
) -> list[str]:
    failed = Stage(
        name=stage,
        passed=False,
        difference=difference,
        tolerance=1e-10,
        where=where,
        detail=detail,
    )
    pair = Pair(torch=ours or {}, keras=theirs or {}, spec=spec)
    return probable_traps(Failure(stage=failed, pair=pair, optimizer=optimizer))


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
        ("conv", IMAGES, at_border(IMAGES), "padding: the images differ only at their borders"),
        ("relu", np.maximum(IMAGES, 0), np.maximum(IMAGES, IMAGES / 100), SLOPE),
        ("relu", np.maximum(IMAGES, IMAGES / 100), np.maximum(IMAGES, 0), SLOPE),
        (
            *("relu", np.clip(9 * IMAGES, 0, 6), np.maximum(9 * IMAGES, 0)),
            "relu6 in one, relu in the other",
        ),
        ("block0.attend", ROWS, ROWS / 4, "a scale: Keras's numbers are 0.25 times torch's"),
    ],
)
def test_a_sign_in_the_outputs(where: str, ours: Any, theirs: Any, trap: str) -> None:
    assert first_told("forward", where, ours, theirs) == trap


def test_a_sign_that_is_not_there() -> None:
    noise = IMAGES + 1e-3 * RNG.normal(size=IMAGES.shape)
    plain = "dilation in one framework only"
    assert first_told("forward", "conv", IMAGES, noise) == plain
    assert first_told("forward", "relu", IMAGES**2, noise**2) == "a different activation"
    broken = {"float64/block/conv": np.full((2, 8, 8, 2), np.nan)}
    assert told("forward", "conv", np.inf, ours=broken, theirs=broken)[0] == plain


def test_images_that_get_half_as_high() -> None:
    """By "same" padding TensorFlow then pads one side."""
    same = "same padding at stride 2, which TensorFlow adds on one side"
    half, noise = IMAGES[:, ::2, ::2], RNG.normal(size=(2, 4, 4, 2))
    assert first_told("forward", "conv", half, noise) == same
    assert first_told("forward", "conv", IMAGES, noise.repeat(2, 1).repeat(2, 2)) != same


def test_a_dense_layer_behind_images() -> None:
    flat = "flattened channels first in one, channels last in the other"
    before = SPEC.blocks()[SPEC.blocks().index("head") - 1]
    for kind, expected in ((IMAGES, True), (ROWS, False)):
        ours = {f"float64/block/{before}": kind, "float64/block/head": ROWS}
        found = told("forward", "head", 0.1, ours=ours, theirs={**ours})
        assert (flat in found) is expected


@pytest.mark.parametrize(
    ("where", "size", "trap"),
    [
        ("norm", 3e-4, "BatchNorm's epsilon: the default is 1e-3 in Keras, 1e-5 in torch"),
        ("block0.norm1", 1e-3, "LayerNormalization's epsilon: the default is 1e-3 in Keras"),
        ("head", 0.1, "dropout active in one framework only"),
        ("lstm", 0.1, "the order of the gates: i,f,c,o in an LSTM"),
        ("block0.attend", 0.1, "attention's scale: 1/√(head size) in one framework only"),
        ("block0.attend", 1e-8, "attention's scale cast to float32"),
        ("act", 3e-4, "gelu in its tanh form in one, in its erf form in the other"),
        ("act", 5e-9, "gelu or leaky_relu computed in float32 within float64"),
        ("conv", 6e-9, "float32 within float64: a Python number cast to float32"),
        ("evaluation", 0.1, "evaluated in training mode: BatchNorm's or dropout's flag"),
    ],
)
def test_by_the_kind_of_layer_and_the_size(where: str, size: float, trap: str) -> None:
    assert told("forward", where, size)[0].startswith(trap)


@pytest.mark.parametrize(
    ("stage", "where", "optimizer", "trap"),
    [
        (
            "optimizer steps",
            "step 3, conv.bias",
            "adamw",
            "weight decay applied to biases and norms too",
        ),
        ("optimizer steps", "step 3, conv.kernel", "adamw", "Adam's epsilon: outside the bias"),
        ("optimizer steps", "step 1, norm.gamma", "adam", "Adam's epsilon: outside the bias"),
        ("optimizer steps", "step 1, head.kernel", "momentum", "Nesterov momentum in one"),
        ("optimizer steps", "step 2, head.kernel", "sgd", "a learning rate one step early or late"),
        ("optimizer steps", "step 2, tokens.embeddings", "adam", "an embedding's sparse gradient"),
        ("optimizer state", "step 2, head.kernel/m", "adam", "a moment stored already"),
        ("optimizer state", "step 2, head.kernel/momentum", "momentum", "a velocity that includes"),
        ("initial weights", "conv.kernel", "adam", "the framework's own initialisation"),
        ("parameters", "conv.bias", "adam", "a default bias: turned off"),
        ("parameters", "extra.bias", "adam", "a default bias: turned off"),
        ("parameters", "lstm.bias", "adam", "torch's second LSTM bias, or GRU's reset_after"),
        ("parameters", "norm.gamma", "adam", "a norm's scale, shift"),
        ("parameters", "head.kernel", "adam", "a kernel's layout"),
        ("shapes", "pool", "adam", "ceil_mode pooling in torch"),
        ("shapes", "conv", "adam", "padding: missing in one framework"),
        ("gradients", "conv.kernel", "adam", "stop_gradient or detach in one framework only"),
        ("evaluation after training", "logits", "adam", "evaluated in training mode, or not with"),
        ("forward in float32", "conv", "adam", "TF32 or a mixed policy where float32"),
        ("dtypes", "conv", "adam", "a layer with a dtype of its own"),
    ],
)
def test_by_the_stage(stage: str, where: str, optimizer: str, trap: str) -> None:
    assert told(stage, where, 1e-3, optimizer=optimizer)[0].startswith(trap)


def test_a_constant_through_float32_in_the_step() -> None:
    found = told("optimizer steps", "step 1, head.kernel", 1e-8, optimizer="sgd")
    assert found[0] == "the learning rate or another constant cast to float32"


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
        "label smoothing in one framework only",
    ]


def test_a_loss_reported_of_the_steps() -> None:
    ours, place = {"losses": np.array([3.0, 2.0, 1.0])}, "reported at step 2"
    means = {"losses": np.array([3.0, 2.5, 2.0])}
    log = "Keras's own log, a running mean over the steps"
    assert told("loss", place, 0.1, ours=ours, theirs=means)[0] == log
    other = told("loss", place, 0.1, ours=ours, theirs={"losses": np.array([3.0, 2.1, 1.0])})
    assert other[0].startswith("a weight that only one framework has and trains")


def test_a_gradient() -> None:
    clipped = first_told("gradients", "head.kernel", ROWS, ROWS / 8)
    assert clipped == (
        "each gradient clipped by its own norm (Keras's clipnorm): Keras's are 0.125 times torch's"
    )
    found = told("gradients", "head.bias", np.inf, detail="only torch's loss depends on it")
    assert found[0] == "a layer frozen, or cut from the graph, in one framework"


def test_running_statistics() -> None:
    place = "step 2, norm.moving_variance"
    ours = {"state/2/norm.moving_mean": np.ones(2), "state/2/norm.moving_variance": np.ones(2)}
    biased = {**ours, "state/2/norm.moving_variance": np.full(2, 0.9)}
    slower = {name: 0.9 * array for name, array in ours.items()}
    found = told("statistics", place, 0.1, ours=ours, theirs=biased)
    assert found[0].startswith("the biased running variance")
    found = told("statistics", place, 0.1, ours=ours, theirs=slower)
    assert found[0].startswith("BatchNorm's momentum in the other convention")


def test_a_batch() -> None:
    batch = {"batch/1/x": np.array(["a"]), "batch/1/targets": np.array(["b"])}
    scaled = {**batch, "batch/1/x": np.array(["c"])}
    assert told("data", "batch 1/x", np.inf, ours=batch, theirs=scaled)[0] == (
        "samples scaled or normalised in one framework only"
    )
    shuffled = {**scaled, "batch/1/targets": np.array(["d"])}
    assert told("data", "batch 1/targets", np.inf, ours=batch, theirs=shuffled)[0] == (
        "the framework's own shuffle: a bounded buffer instead of the common order"
    )


def test_the_first_failure_is_explained_and_no_other() -> None:
    passed, *failed = (
        Stage(name=name, passed=name == "data", difference=0.1, tolerance=0, where="", detail="d")
        for name in ("data", "initial weights", "forward in float32")
    )
    pair = Pair(torch={}, keras={}, spec=SPEC)
    found = add_hints([passed, *failed], pair, optimizer="adam")
    assert found[0] is passed
    assert found[1].detail == (
        "d; probable trap: the framework's own initialisation: the spec's weights never reached it"
    )
    assert found[2] is failed[1]
    assert add_hints([passed], pair, optimizer="adam") == [passed]


def test_never_more_than_three() -> None:
    assert len(told("forward", "lstm", 0.1)) == 3


GATES = "the order of the gates: i,f,c,o in an LSTM; r,z in torch's GRU, z,r in Keras's"
DROPOUT = "dropout active in one framework only"


@pytest.mark.parametrize(
    ("layer", "leaves", "blocks"),
    [
        ("lstm0", LSTM, ["lstm0", "head"]),
        ("lstm0", dense(2, 8), ["lstm0", "head"]),  # gates of one's own, from dense layers
        ("lstm0.gates", dense(2, 8), ["lstm0", "head"]),
        ("encoder.gru", dense(2, 8), ["encoder.gru", "head"]),
        ("memory.cell", LSTM, ["memory", "head"]),
    ],
)
def test_gates_are_not_called_dropout(
    layer: str, leaves: dict[str, Variable], blocks: list[str]
) -> None:
    """Swapped gates and hard_sigmoid differ like noise, whatever the layer's parts are called."""
    spec = Made({**named(layer, leaves), **named("head", dense(8, 3))}, blocks)
    found = told("forward", blocks[0], 0.1, spec=spec)
    assert found[0] == GATES
    assert DROPOUT not in found


def test_a_layer_before_whose_outputs_are_not_compared_is_suspected() -> None:
    variables = {**named("lstm0", LSTM), **named("head", dense(8, 3))}
    assert told("forward", "head", 0.1, spec=Made(variables, ["head"]))[0] == GATES
    found = told("forward", "head", 0.1, spec=Made(variables, ["lstm0", "head"]))
    assert found == [DROPOUT]


def dropped(images: Any) -> Any:
    kept = RNG.random(images.shape) < 0.5
    return np.where(kept, 2 * images, 0)


@pytest.mark.parametrize(
    ("where", "theirs", "expected"),
    [
        ("relu", dropped(IMAGES), True),
        ("conv", dropped(IMAGES), True),
        ("relu", np.maximum(IMAGES, 0), False),
        ("conv", IMAGES + 0.1 * RNG.normal(size=IMAGES.shape), False),
    ],
)
def test_dropout_is_told_by_its_zeros(where: str, theirs: Any, expected: bool) -> None:
    key = f"float64/block/{where}"
    found = told("forward", where, 0.7, ours={key: IMAGES}, theirs={key: theirs})
    assert (DROPOUT in found) is expected


def test_behind_a_dense_layer_dropout_is_told_by_its_size() -> None:
    spec = Made(named("head", dense(8, 3)), ["head"])
    assert told("forward", "head", 0.3, spec=spec) == [DROPOUT]
    assert told("forward", "head", 1e-3, spec=spec) == []


@pytest.mark.parametrize(
    ("activate", "expected"),
    [
        (lambda x: np.maximum(x, 0), True),
        (np.tanh, True),
        (lambda x: x + 0.1 * RNG.normal(size=x.shape), False),
    ],
)
def test_an_activation_inside_a_layer_keeps_the_numbers_order(
    activate: Any, expected: bool
) -> None:
    key, inside = "float64/block/conv", "an activation inside the layer"
    for pair in ((IMAGES, activate(IMAGES)), (activate(IMAGES), IMAGES)):
        found = told("forward", "conv", 0.5, ours={key: pair[0]}, theirs={key: pair[1]})
        assert (inside in found) is expected


def test_dilation_needs_a_window() -> None:
    spec = Made(named("conv", convolution(1, 3, 2)), ["conv"])
    assert "dilation in one framework only" not in told("forward", "conv", 0.5, spec=spec)


def test_a_batch_norms_epsilon_scales_its_channels() -> None:
    key, epsilon = "float64/block/norm", "BatchNorm's epsilon: the default is 1e-3 in Keras"
    scaled = IMAGES * np.array([0.9, 0.8]) + np.array([0.1, 0.2])
    for theirs, expected in ((scaled, True), (IMAGES**3, False)):
        found = told("forward", "norm", 0.1, ours={key: IMAGES}, theirs={key: theirs})
        assert any(trap.startswith(epsilon) for trap in found) is expected


def test_a_final_softmax_is_told_by_its_sums() -> None:
    key, shares = "float64/evaluation", np.exp(ROWS) / np.exp(ROWS).sum(axis=1, keepdims=True)
    found = told("forward", "evaluation", 0.5, ours={key: ROWS}, theirs={key: shares})
    assert found == ["a final softmax in one model only"]
    found = told("forward", "evaluation", 0.5, ours={key: ROWS}, theirs={key: ROWS + 1})
    assert found == ["evaluated in training mode: BatchNorm's or dropout's flag"]


def test_every_hint_is_of_a_stage_that_exists() -> None:
    stage_names = {row.name for row in STAGES}
    for hint in HINTS:
        assert set(hint.stages) <= stage_names, hint.trap


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
