"""Each stage by itself, on made-up arrays: what it lets pass, and what it says otherwise."""

from typing import Any

import numpy as np
import pytest

from fwexp.parity.comparing import relative
from fwexp.parity.pair import NUM_STEPS, Pair
from fwexp.parity.protocol import STAGES, compare_pair
from fwexp.store.certificate import Stage
from tests.parity.made_captures import SPEC, Capture
from tests.parity.made_captures import made_capture as made


def compare(torch: Capture, keras: Capture, *, kind: str = "numbers") -> list[Stage]:
    return compare_pair(Pair(torch=torch, keras=keras, spec=SPEC), kind)


def stages_of(**changes: Any) -> list[Stage]:
    """Of two captures that are equal but for these arrays of Keras's; None leaves one out."""
    changed = {**made(), **{name.replace("__", "/"): value for name, value in changes.items()}}
    theirs = {name: value for name, value in changed.items() if value is not None}
    return compare(made(), theirs)


def failure(changes: Capture) -> Stage:
    (stage,) = [stage for stage in stages_of(**changes) if not stage.passed]
    return stage


def test_two_equal_captures():
    stages = stages_of()
    assert [s.name for s in stages if not s.passed or s.difference] == []
    assert len(stages) == 11


def test_a_stage_has_its_lines_name():
    pair = Pair(torch=made(), keras=made(), spec=SPEC)
    compared = {row.name: row.compare(pair) for row in STAGES if row.part != "dtypes"}
    assert [name for name, stage in compared.items() if stage and stage.name != name] == []


@pytest.mark.parametrize(
    ("name", "stage", "where", "detail"),
    [
        ("float64/block/relu0", "forward", "relu0", "the first block whose outputs differ"),
        ("float64/evaluation", "forward", "evaluation", "the first block whose outputs differ"),
        ("float64/loss", "loss", "loss", "equal logits, different loss"),
        (
            "float64/gradient/head.bias",
            *("gradients", "head.bias", "the first weight whose gradient differs"),
        ),
        (
            "state/3/head.kernel",
            *("optimizer steps", "step 3, head.kernel", "equal gradients, different update"),
        ),
        (
            "state/20/head.bias/m",
            *(
                "optimizer state",
                "step 20, head.bias/m",
                "the optimizers remember different values",
            ),
        ),
        (
            "evaluation after",
            *("evaluation after training", "logits"),
            "equal states, different logits in evaluation mode",
        ),
    ],
)
@pytest.mark.parametrize("size", [3e-10, 1e-2])
def test_a_difference(name, stage, where, detail, size):
    found = failure({name: made()[name] * (1 + size)})
    assert (found.name, found.where, found.detail) == (stage, where, detail)
    assert 1e-10 < found.difference <= size * 1.0001


@pytest.mark.parametrize("size", [1e-12, 1e-14])
def test_rounding_passes(size):
    scaled = {n: v * (1 + size) for n, v in made().items() if n.startswith(("float64/", "state/"))}
    assert [s.name for s in stages_of(**scaled) if not s.passed] == []


def test_the_first_block_that_differs_is_named_with_its_own_difference():
    """Those after it differ more, but may only follow from it."""
    ours = made()
    found = failure(
        {
            "float64/block/dense0": ours["float64/block/dense0"] * (1 + 1e-6),
            "float64/block/head": ours["float64/block/head"] * 2,
        }
    )
    assert found.where == "dense0"
    assert found.difference == pytest.approx(1e-6)


def test_float32_is_held_to_a_tolerance_of_its_own():
    name = "float32/block/head"
    found = failure({name: made()[name] * (1 + 2e-4)})
    assert (found.name, found.where) == ("forward in float32", "head")
    assert [s for s in stages_of(**{name: made()[name] * (1 + 5e-5)}) if not s.passed] == []


def test_an_evaluation_that_leaves_samples_out():
    found = failure({"first evaluation": made()["first evaluation"][:3]})
    assert (found.name, found.where) == ("forward in float32", "a run's first evaluation")
    assert found.difference == float("inf")


def test_another_batch_ends_the_comparison():
    changed = np.array(["(2,)", "crc 1"])
    stages = stages_of(batch__2__targets=changed)
    assert [(s.name, s.passed) for s in stages] == [("data", False), ("parameters", True)]
    assert stages[0].where == "batch 2/targets"
    assert stages[0].detail == "torch's pipeline yields (2,) crc 0, Keras's (2,) crc 1"


def test_a_pipeline_that_ends_early():
    stages = stages_of(batch__2__x=None, batch__2__targets=None)
    assert stages[0].where == "batch 2/targets"
    assert stages[0].detail == "torch's pipeline yields (2,) crc 0, Keras's nothing"


@pytest.mark.parametrize(
    ("changes", "where", "detail"),
    [
        (
            {"initial/head.bias": None},
            "head.bias",
            "spec.py says (3,), keras.py has None",
        ),
        (
            {"initial/extra.bias": np.zeros(1)},
            "extra.bias",
            "spec.py says None, keras.py has (1,)",
        ),
        (
            {"initial/head.kernel": np.zeros((3, 2))},
            "head.kernel",
            "spec.py says (2, 3), keras.py has (3, 2)",
        ),
    ],
)
def test_parameters_that_are_not_the_specs(changes, where, detail):
    stages = stages_of(**changes)
    assert [(s.name, s.passed) for s in stages] == [("data", True), ("parameters", False)]
    assert (stages[1].where, stages[1].detail) == (where, detail)


def test_other_initial_weights_end_the_comparison():
    stages = stages_of(**{"initial/head.bias": made()["initial/head.bias"] + 1e-9})
    assert [s.name for s in stages if not s.passed] == ["initial weights"]
    assert len(stages) == 4


def test_another_shape_ends_the_comparison():
    stages = stages_of(**{"float64/block/relu0": np.zeros((4, 2))})
    assert stages[-1].where == "relu0"
    assert stages[-1].detail == "torch outputs (4, 3), Keras (4, 2)"


def with_losses(ours: dict[int, float], theirs: dict[int, float]) -> list[Stage]:
    """Of two equal captures but for these losses, by step."""
    torch, keras = made(), made()
    for changed, losses in ((torch, ours), (keras, theirs)):
        for step, loss in losses.items():
            changed["losses"][step - 1] = loss
    return compare(torch, keras)


@pytest.mark.parametrize("lost", [np.nan, np.inf])
def test_a_training_that_diverges_in_both_is_told_as_such(lost: float):
    stages = with_losses({6: 1e200, 7: lost, 8: np.nan}, {6: 1e200 + 1e186, 7: lost, 8: np.nan})
    (failed,) = [stage for stage in stages if not stage.passed]
    assert (failed.name, failed.where) == ("training", "step 7")
    assert failed.detail == (
        f"training diverged: the loss is {lost} at step 7; try a smaller optimizer.learning_rate"
    )
    assert [s.name for s in stages if s.passed][-3:] == [
        "forward",
        "gradients",
        "forward in float32",
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "step"),
    [
        ({7: np.nan}, {}, 7),  # one alone
        ({}, {7: np.nan}, 7),
        ({7: np.nan}, {7: np.nan, 3: 9.0}, 3),  # they differed before
    ],
)
def test_a_loss_that_differs_is_no_divergence(
    ours: dict[int, float], theirs: dict[int, float], step: int
):
    failed = next(stage for stage in with_losses(ours, theirs) if not stage.passed)
    assert (failed.name, failed.where) == ("loss", f"reported at step {step}")


def test_the_loss_that_fit_reports_of_each_step():
    losses = made()["losses"]
    running_mean = np.cumsum(losses) / np.arange(1, NUM_STEPS + 1)
    found = failure({"losses": running_mean})
    assert (found.name, found.where) == ("loss", "reported at step 2")


def test_a_fit_that_takes_fewer_steps():
    found = failure({"losses": made()["losses"][:19]})
    assert (found.name, found.where) == ("loss", "the number of steps")
    assert found.detail == "torch's fit took 20 steps, Keras's 19"


def test_a_weight_that_one_loss_does_not_depend_on():
    found = failure({"float64/gradient/head.bias": None})
    assert (found.name, found.where) == ("gradients", "head.bias")
    assert found.detail == "only torch's loss depends on it"


def test_a_gradient_that_is_zero_but_for_rounding():
    """A bias before a norm: its rounding differs wholly, and means nothing."""
    name = "float64/gradient/dense0.bias"
    ours, theirs = (
        {**made(), name: np.array([1e-17, 0])},
        {**made(), name: np.array([0, 2e-17])},
    )
    assert all(s.passed for s in compare(ours, theirs))
    theirs[name] = np.array([0, 1e-8])
    (stage,) = [s for s in compare(ours, theirs) if not s.passed]
    assert (stage.name, stage.where) == ("gradients", "dense0.bias")


def test_a_slot_that_keras_does_not_keep():
    found = failure({f"state/{k}/head.bias/m": None for k in range(1, NUM_STEPS + 1)})
    assert (found.name, found.where) == ("optimizer state", "step 1, head.bias/m")


def test_dtypes():
    ours = {**made(), **dict.fromkeys(SPEC.blocks(), np.array("bfloat16"))}
    stages = compare(ours, ours, kind="dtypes")
    assert [stage.name for stage in stages if stage.passed] == ["dtypes", "mixed precision"]
    (found,) = compare(ours, {**ours, "head": np.array("float32")}, kind="dtypes")
    assert (found.passed, found.where) == (False, "head")
    assert found.detail == "torch outputs bfloat16, Keras float32"


@pytest.mark.parametrize("name", ["evaluation", "loss", "gradient/head.kernel"])
def test_one_framework_loses_more_at_a_mixed_precision(name: str):
    ours = {**made(), **dict.fromkeys(SPEC.blocks(), np.array("bfloat16"))}
    theirs = {**ours, f"mixed/{name}": ours[f"float32/{name}"] * 3}
    _, found = compare(ours, theirs, kind="dtypes")
    assert (found.name, found.passed) == ("mixed precision", False)
    assert found.where == name.split("/")[0].replace("gradient", "gradients")
    assert found.detail.startswith("torch is 1.0e-02 from its float32, Keras ")


def as_a_run(**changes: np.ndarray) -> list[Stage]:
    return compare(made(), {**made(), **changes}, kind="run")


def test_free_steps_of_equal_captures():
    assert [(s.name, s.passed) for s in as_a_run()] == [("free steps", True), ("evaluation", True)]


@pytest.mark.parametrize("size", [1e-3, np.nan])
def test_free_steps_that_part_faster_than_the_reference(size: float):
    losses = made()["free/losses"].copy()
    losses[3:] *= 1 + size
    (found,) = as_a_run(**{"free/losses": losses})
    assert (found.passed, found.where) == (False, "step 4")
    assert found.tolerance == pytest.approx(200e-6)
    assert found.detail == "the trainings part faster than rounding explains"


def test_free_steps_that_the_reference_parts_from_are_not_compared():
    ours, theirs = made(), made()
    for capture in (ours, theirs):
        capture["apart/losses"] = capture["apart/losses"] * np.array([1, 1, 2, 2, 2, 2])
    theirs["free/losses"] = theirs["free/losses"] * np.array([1, 1, 1.5, 1, 1, 1])
    stages = compare(ours, theirs, kind="run")
    assert [stage.passed for stage in stages] == [True, True]


def test_another_number_of_free_steps():
    (found,) = as_a_run(**{"free/losses": made()["free/losses"][:5]})
    assert found.detail == "torch's fit took 6 steps, Keras's 5"


@pytest.mark.parametrize("place", ["evaluation/2/slice", "evaluation/4/test set"])
def test_an_evaluation_between_steps_that_differs(place: str):
    outputs = made()[f"free/{place}"] * 1.01
    changes = {f"free/{place}": outputs, "free/again/2/slice": outputs}
    _, found = as_a_run(**(changes if "slice" in place else {f"free/{place}": outputs}))
    assert (found.name, found.passed) == ("evaluation", False)


def test_an_evaluation_that_is_not_repeatable():
    _, found = as_a_run(**{"free/again/2/slice": made()["free/again/2/slice"] + 1e-9})
    assert found.detail == "the same samples, evaluated twice, differ"
    assert found.where == "Keras"


def test_relative():
    three = np.array([3.0, 4.0])
    assert relative(three, three) == 0
    assert relative(three, three + np.array([0.5, 0])) == pytest.approx(0.1)
    assert relative(three, np.array([np.nan, 4.0])) == float("inf")
    assert relative(three, np.array([[3.0, 4.0]])) == float("inf")
    assert relative(np.zeros(2), np.zeros(2)) == 0
    assert relative(np.zeros(2), three) == float("inf")
