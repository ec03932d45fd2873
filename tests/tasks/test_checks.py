"""What may not be asked of a task, each with its message."""

from dataclasses import replace

import pytest

from fwexp.config.load import compose
from fwexp.errors import ConfigError
from fwexp.tasks import classification
from fwexp.tasks.checks import check_task


def problems_of(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        check_task(compose(overrides))
    return raised.value.problems


def test_the_default_run_asks_nothing_wrong() -> None:
    check_task(compose([]))


def test_a_margin_finer_than_the_test_set_resolves() -> None:
    assert problems_of("comparison.score_margin_points=0.1") == [
        "comparison.score_margin_points=0.1 is finer than digits can resolve: "
        "360 test samples are 0.28 points each"
    ]
    check_task(compose(["comparison.score_margin_points=0.28"]))


def test_a_set_without_classes_has_no_accuracy_to_resolve() -> None:
    config = compose(["comparison.score_margin_points=0.1"])
    check_task(replace(config, data=replace(config.data, num_classes=None)))


def test_noise_is_for_tasks_without_a_score() -> None:
    task = "data.task=fwexp.tasks.classification:Classification"
    assert problems_of("data=synthetic", task, "data.num_test=1000") == [
        f"{task}: synthetic is noise, from which nothing can be learned; choose another data set, "
        "or a task without a score, such as data.task=fwexp.tasks.throughput:Throughput."
    ]


def test_of_noise_few_test_images_are_enough() -> None:
    """There is no accuracy, so no margin that so few could not resolve."""
    check_task(compose(["data=synthetic", "data.num_test=1"]))


@pytest.mark.parametrize(
    ("data", "task"),
    [
        ("synthetic", "Throughput"),
        ("synthetic_pairs", "TranslationThroughput"),
        ("synthetic_ratings", "RecommendationThroughput"),
    ],
)
def test_there_is_no_score_to_reach(data: str, task: str) -> None:
    quality_target = ["training.quality_target=0.2", "training.baseline=guessing"]
    why = f"data.task=fwexp.tasks.throughput:{task} has no score to reach; set it to null."
    assert problems_of(f"data={data}", "training.target=0.9", *quality_target) == [
        f"training.target=0.9: {why}",
        f"training.quality_target=0.2: {why}",
    ]


def test_an_accuracy_cannot_be_above_1() -> None:
    assert problems_of("training.target=98") == [
        "training.target=98: accuracy is a share, at most 1; type training.target=0.98 for 98 %"
    ]
    check_task(compose(["training.target=1"]))


def test_a_translation_needs_a_vocabulary() -> None:
    task = "data.task=fwexp.tasks.translation:Translation"
    assert problems_of(task) == [f"{task}: data=digits has no vocabulary_size"]


def test_a_loss_that_no_trainer_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classification.Classification, "loss", "cross_entrop")
    assert problems_of() == [
        "data.task=fwexp.tasks.classification:Classification: no trainer has its loss "
        "'cross_entrop'. Did you mean 'cross_entropy'?"
    ]
