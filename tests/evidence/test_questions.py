"""The figure of one run that each question is about."""

import math
from dataclasses import replace

import pytest

from fwexp.evidence.questions import Question, questions
from tests.evidence.factory import PRICING, Truth, simulate

RECORD = simulate({"mlp": Truth(time_sd=0.0, accuracy_sd=0.0)}).records["torch-mlp-0"]


def asked(target: float | None = None) -> dict[str, Question]:
    return {q.key: q for q in questions(target_accuracy=target, pricing=PRICING)}


def test_the_questions_come_in_the_readers_order() -> None:
    assert list(asked(0.9)) == ["accuracy", "target", "total", "training", "step", "memory", "cost"]
    assert "target" not in asked(None)


@pytest.mark.parametrize(
    ("key", "figure"),
    [
        ("accuracy", 95.0),
        ("training", 220 * 0.004),
        ("step", 4.0),
        ("memory", 433 + 40.0),
    ],
)
def test_a_question_takes_its_figure(key: str, figure: float) -> None:
    assert asked()[key].figure(RECORD) == pytest.approx(figure, rel=0.1)


def test_the_first_evaluation_that_reaches_the_target_counts() -> None:
    reached = [e for e in RECORD.evaluations if e.accuracy >= 0.8]
    assert asked(0.8)["target"].figure(RECORD) == reached[0].train_s
    assert asked(0.99)["target"].figure(RECORD) == math.inf


def test_a_figure_that_was_not_taken_is_none() -> None:
    bare = replace(RECORD, phases=None, memory=None, samples_per_s=None, evaluations=[])
    figures = {key: question.figure(bare) for key, question in asked(0.9).items()}
    assert {key for key, figure in figures.items() if figure is not None} == {"accuracy"}


def test_a_time_of_zero_is_no_figure() -> None:
    assert RECORD.phases is not None
    frozen = replace(RECORD, phases=replace(RECORD.phases, total_s=0.0))
    assert asked()["total"].figure(frozen) is None
