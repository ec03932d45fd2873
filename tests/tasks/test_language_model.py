"""Perplexity, as batches of any size give it, and the baseline to beat."""

import numpy as np
import pytest

from fwexp.config.load import compose
from fwexp.data.dataset import DataSet, Split
from fwexp.tasks.language_model import LanguageModel, unigram_perplexity
from fwexp.tasks.task import make_task

VOCABULARY, PLACES = 7, 5


def split(targets: np.ndarray) -> Split:
    return Split(inputs={"x": np.roll(targets, 1).astype(np.int32)}, targets=targets)


def text(train: np.ndarray, test: np.ndarray) -> DataSet:
    parts = {"train": split(train), "test": split(test)}
    return DataSet(name="text", **parts, sha256="", source="", licence="")


@pytest.fixture
def task() -> LanguageModel:
    made = make_task(compose(["data=text"]).data)
    assert isinstance(made, LanguageModel)
    return made


@pytest.mark.parametrize("num_samples", [1, 200, 450])
def test_perplexity_is_of_all_places(task: LanguageModel, num_samples: int) -> None:
    rng = np.random.default_rng(0)
    targets = rng.integers(0, VOCABULARY, (num_samples, PLACES))
    logits = rng.normal(size=(num_samples, PLACES, VOCABULARY))
    sizes = []

    def predict(inputs: dict[str, np.ndarray]) -> np.ndarray:
        start = sum(sizes)
        sizes.append(len(inputs["x"]))
        return logits[start : start + sizes[-1]].astype(np.float32)

    scores = task.evaluate(predict, text(targets, targets))
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    chosen = np.take_along_axis(shares, targets[..., np.newaxis], axis=-1)
    assert scores["perplexity"] == pytest.approx(np.exp(-np.log(chosen).mean()), rel=1e-6)
    assert scores["loss"] == pytest.approx(np.log(scores["perplexity"]))
    assert max(sizes) <= 200
    assert sum(sizes) == num_samples


def test_knowing_nothing_is_the_size_of_the_vocabulary(task: LanguageModel) -> None:
    targets = np.zeros((3, PLACES), dtype=np.int64)
    scores = task.evaluate(
        lambda inputs: np.zeros((len(inputs["x"]), PLACES, VOCABULARY)), text(targets, targets)
    )
    assert scores["perplexity"] == pytest.approx(VOCABULARY)


def test_lower_is_better_and_tokens_are_counted(task: LanguageModel) -> None:
    assert (task.metric.name, task.metric.higher_is_better) == ("perplexity", False)
    assert (task.metric.comparison, task.unit, task.loss) == ("ratio", "tokens", "cross_entropy")
    assert task.num_units(np.zeros((3, PLACES))) == 15


def test_the_unigram_baseline() -> None:
    train = np.array([[0, 0, 0, 0, 0, 1, 1]])  # counted once more each: 6, 3 and 1 of 10
    test = np.array([[0, 1, 2]])
    expected = (0.6 * 0.3 * 0.1) ** (-1 / 3)
    assert unigram_perplexity(text(train, test)) == pytest.approx(expected)
