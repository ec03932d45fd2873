"""The figure of one run that each question is about."""

from dataclasses import replace

import pytest

from fwexp.evidence.aggregate import aggregate
from fwexp.evidence.horizon import horizon_of
from fwexp.evidence.questions import Question, is_score, questions
from fwexp.store.record import RunRecord
from tests.evidence.factory import COMPARISON, PRICING, Truth, simulate

IMAGES = Truth(time_sd=0.0, accuracy_sd=0.0)
TEXT = replace(IMAGES, perplexity=20.0)
FIGURES = ["horizon", "total", "training", "step", "memory", "cost"]


def asked(*truths: Truth) -> dict[str, Question]:
    """The questions of a sweep of these workloads, by key."""
    sweep = simulate({f"model{i}": truth for i, truth in enumerate(truths)})
    workloads = aggregate(sweep.manifest, sweep.records, sweep.certificates)
    horizon = horizon_of(workloads, comparison=COMPARISON)
    return {q.key: q for q in questions(workloads, pricing=PRICING, horizon=horizon)}


def record(truth: Truth) -> RunRecord:
    """Of the first workload of `asked`."""
    return simulate({"model0": truth}).records["torch-model0-0"]


def test_the_questions_come_in_the_readers_order() -> None:
    target = replace(IMAGES, target=0.9)
    assert list(asked(target)) == ["score accuracy", "target", *FIGURES]
    assert list(asked(IMAGES)) == ["score accuracy", *FIGURES]
    assert list(asked(TEXT, target)) == ["score perplexity", "score accuracy", "target", *FIGURES]
    assert [key for key, q in asked(TEXT, target).items() if is_score(q)] == [
        "score perplexity",
        "score accuracy",
    ]


@pytest.mark.parametrize(
    ("key", "figure"),
    [
        ("score accuracy", 95.0),
        ("training", 220 * 0.004),
        ("step", 4.0),
        ("memory", 433 + 40.0),
    ],
)
def test_a_question_takes_its_figure(key: str, figure: float) -> None:
    assert asked(IMAGES)[key].figure(record(IMAGES)) == pytest.approx(figure, rel=0.1)


def test_a_score_is_of_its_own_workloads_only() -> None:
    found = asked(IMAGES, TEXT)
    figures = {
        (key, truth.perplexity): found[key].figure(record(truth))
        for key in ("score accuracy", "score perplexity")
        for truth in (IMAGES, TEXT)
    }
    assert figures == {
        ("score accuracy", None): pytest.approx(95.0),
        ("score accuracy", 20.0): None,
        ("score perplexity", None): None,
        ("score perplexity", 20.0): pytest.approx(20.0),
    }


def test_a_metric_says_how_it_is_compared() -> None:
    found = asked(IMAGES, TEXT)
    accuracy, perplexity = found["score accuracy"], found["score perplexity"]
    assert (accuracy.scale, accuracy.margin, accuracy.unit, accuracy.more_is_better) == (
        *("difference", "score_margin_points"),
        *("%", True),
    )
    assert (perplexity.scale, perplexity.margin, perplexity.unit, perplexity.more_is_better) == (
        *("ratio", "score_margin_ratio"),
        *("perplexity", False),
    )
    assert (accuracy.pairs, perplexity.pairs) == ("seed", "seed")


def test_the_question_of_the_target_names_one_and_sums_up_several() -> None:
    aiming, other = replace(IMAGES, target=0.8), replace(TEXT, target=25.0)
    assert asked(aiming)["target"].title == "Time to 80 % accuracy"
    assert asked(other)["target"].title == "Time to perplexity 25"
    assert asked(aiming, other)["target"].title == "Time to the target"


def test_a_figure_that_was_not_taken_is_none() -> None:
    aiming = replace(IMAGES, target=0.9)
    nothing = {"phases": None, "memory": None, "samples_per_s": None, "evaluations": []}
    bare = replace(record(aiming), run_id="bare", **nothing)  # type: ignore[arg-type]
    figures = {key: question.figure(bare) for key, question in asked(aiming).items()}
    assert {key for key, figure in figures.items() if figure is not None} == {"score accuracy"}
    scoreless = replace(bare, metric=None, score=None)
    assert [q.figure(scoreless) for q in asked(aiming).values()] == [None] * len(figures)


def test_a_time_of_zero_is_no_figure() -> None:
    whole = record(IMAGES)
    assert whole.phases is not None
    frozen = replace(whole, phases=replace(whole.phases, total_s=0.0))
    assert asked(IMAGES)["total"].figure(frozen) is None
