"""Time to target: of a program of its own, to the first evaluation that reaches it."""

import math
from dataclasses import replace

import pytest

from fwexp.evidence.to_target import time_to_target_s, whole_time_to_target_s
from fwexp.store.record import RunRecord
from tests.evidence.factory import Truth, simulate

IMAGES = Truth(time_sd=0.0, accuracy_sd=0.0)
TEXT = replace(IMAGES, perplexity=20.0)
BEFORE_S = 0.012 + 0.05 + 0.1  # start, data, build


def record(truth: Truth) -> RunRecord:
    return simulate({"mlp": truth}).records["torch-mlp-0"]


@pytest.mark.parametrize(
    ("truth", "reached", "missed"),
    [(IMAGES, 0.8, 0.99), (TEXT, 25.0, 19.0)],  # of a perplexity less is better
)
def test_the_first_evaluation_that_reaches_the_target_counts(
    truth: Truth, reached: float, missed: float
) -> None:
    aiming = record(replace(truth, target=reached))
    assert aiming.metric is not None
    name = aiming.metric.name
    places = [
        i
        for i, e in enumerate(aiming.evaluations)
        if aiming.metric.reaches(e.scores[name], reached)
    ]
    assert 0 < len(places) < len(aiming.evaluations)
    train_s = aiming.evaluations[places[0]].train_s
    assert time_to_target_s(aiming) == train_s
    assert whole_time_to_target_s(aiming, import_s=3.0) == pytest.approx(
        3.0 + BEFORE_S + train_s + 0.05 * (places[0] + 1) / 11  # of eleven evaluations
    )
    missing = record(replace(truth, target=missed))
    assert time_to_target_s(missing) == math.inf
    assert whole_time_to_target_s(missing, import_s=3.0) == math.inf


def test_evaluations_that_were_timed_singly_count_singly() -> None:
    aiming = record(replace(IMAGES, target=0.8))
    place = aiming.evaluations.index(
        next(e for e in aiming.evaluations if e.scores["accuracy"] > 0.8)
    )
    timed = [replace(e, took_s=1.0 if i == 0 else 0.01) for i, e in enumerate(aiming.evaluations)]
    train_s = timed[place].train_s
    assert whole_time_to_target_s(
        replace(aiming, evaluations=timed), import_s=3.0
    ) == pytest.approx(3.0 + BEFORE_S + train_s + 1.0 + 0.01 * place)


@pytest.mark.parametrize(("truth", "name"), [(IMAGES, "accuracy"), (TEXT, "perplexity")])
def test_a_target_on_the_point_is_reached(truth: Truth, name: str) -> None:
    last = record(truth).evaluations[-1]
    aiming = replace(truth, target=last.scores[name])
    assert time_to_target_s(record(aiming)) == last.train_s


def test_without_a_target_or_an_import_there_is_no_such_time() -> None:
    assert time_to_target_s(record(IMAGES)) is None
    assert whole_time_to_target_s(record(IMAGES), import_s=3.0) is None
    assert whole_time_to_target_s(record(replace(IMAGES, target=0.8)), import_s=None) is None
