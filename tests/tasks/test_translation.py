"""Translation: greedy decoding, BLEU, the loss's mask and the unit."""

import math

import numpy as np
import pytest

from fwexp.config.load import compose
from fwexp.data.dataset import DataSet, Split
from fwexp.data.formats.sentence_pairs import Sizes, encode_pairs
from fwexp.data.tokens import BOS, EOS, IGNORED, PAD
from fwexp.tasks.task import make_task
from fwexp.tasks.translation import Translation, bleu, detokenize, references, translate

SIZES = Sizes(max_words=8, max_tokens=16, vocabulary_size=48, num_test=4)
ROWS = SIZES.vocabulary_size + 2  # more classes than tokens, as a padded vocabulary has


@pytest.fixture(scope="module")
def data() -> DataSet:
    names = ["Ana", "Noé", "Sara", "Abel", "Lot"]
    pairs = [(f"{a} saw {b} there.", f"{a} vió á {b} allí.") for a in names for b in names]
    arrays = encode_pairs(pairs, sizes=SIZES)

    def part(name: str) -> Split:
        inputs = {n: arrays[f"x_{name}.{n}"].astype(np.int32) for n in ("source", "target_in")}
        return Split(inputs=inputs, targets=arrays[f"y_{name}"].astype(np.int64))

    extras = {name: arrays[name] for name in ("tokenizer", "references")}
    return DataSet(
        name="made up",
        train=part("train"),
        test=part("test"),
        sha256="",
        source="",
        licence="",
        extras=extras,
    )


@pytest.fixture
def task() -> Translation:
    declared = compose(["data=verses"]).data
    declared.vocabulary_size = SIZES.vocabulary_size
    made = make_task(declared)
    assert isinstance(made, Translation)
    return made


class Oracle:
    """Knows the labels: its likeliest token is the right one, after the right ones only."""

    def __init__(self, data: DataSet) -> None:
        self.data = data
        self.shapes: set[tuple[int, ...]] = set()

    def __call__(self, inputs):
        self.shapes.add(inputs["target_in"].shape)
        right = np.where(self.data.test.targets == IGNORED, PAD, self.data.test.targets)
        same = inputs["target_in"] == self.data.test.inputs["target_in"]
        known = np.logical_and.accumulate(same, axis=1)
        logits = np.zeros((*right.shape, ROWS), dtype=np.float32)
        np.put_along_axis(logits, np.where(known, right, PAD)[..., None], 20.0, axis=-1)
        logits[..., SIZES.vocabulary_size :] = 30.0  # rows that stand for no token
        return logits


def test_perfect_output_has_a_bleu_of_100(task: Translation, data: DataSet) -> None:
    oracle = Oracle(data)
    scores = task.evaluate(oracle, data)
    assert scores["bleu"] == pytest.approx(100)
    assert oracle.shapes == {data.test.targets.shape}  # one shape: nothing is compiled again


def test_decoding_is_given_its_own_tokens_and_stops_at_the_end() -> None:
    seen = []

    def predict(inputs):
        seen.append(inputs["target_in"].copy())
        logits = np.zeros((2, 4, 8))
        logits[0, :, 5] = logits[1, :2, 6] = logits[1, 2:, EOS] = 1.0
        logits[0, 3, EOS] = 2.0
        return logits

    inputs = {"source": np.ones((2, 3), np.int32), "target_in": np.full((2, 4), 7, np.int32)}
    found = translate(predict, inputs, vocabulary_size=8)
    assert found.tolist() == [[5, 5, 5, EOS], [6, 6, EOS, PAD]]
    assert seen[0].tolist() == [[BOS, PAD, PAD, PAD]] * 2
    assert seen[-1].tolist() == [[BOS, 5, 5, 5], [BOS, 6, 6, EOS]]
    assert inputs["target_in"].tolist() == [[7] * 4] * 2


def test_decoding_stops_when_all_have_ended() -> None:
    calls = []

    def predict(inputs):
        calls.append(inputs)
        logits = np.zeros((1, 9, 8))
        logits[..., EOS] = 1.0
        return logits

    inputs = {"source": np.ones((1, 3), np.int32), "target_in": np.zeros((1, 9), np.int32)}
    assert translate(predict, inputs, vocabulary_size=8).tolist() == [[EOS] + [PAD] * 8]
    assert len(calls) == 1


def test_text_ends_with_its_end_or_not_at_all(data: DataSet) -> None:
    labels = data.test.targets.copy()
    tokenizer = data.extras["tokenizer"]
    assert detokenize(labels, tokenizer=tokenizer) == references(data)
    words = labels[0][: int((labels[0] == EOS).argmax())]
    endless = np.resize(words, (1, 16))
    assert detokenize(endless, tokenizer=tokenizer)[0].startswith(references(data)[0])
    assert detokenize(np.array([[EOS, *words]]), tokenizer=tokenizer) == [""]


def test_the_loss_leaves_padding_out(task: Translation, data: DataSet) -> None:
    uniform = np.zeros((*data.test.targets.shape, ROWS), dtype=np.float32)
    padded = data.test.targets == IGNORED
    assert padded.any()
    uniform[padded, 0] = 1000.0
    scores = task.evaluate(lambda _: uniform, data)
    assert scores["loss"] == pytest.approx(math.log(ROWS))
    assert scores["bleu"] == 0


def test_units_are_target_tokens(task: Translation) -> None:
    assert task.unit == "tokens"
    assert task.num_units(np.array([[5, EOS, IGNORED], [6, 7, EOS]])) == 5


def test_bleu_is_sacrebleus() -> None:
    assert bleu(["the cat sat on the mat today"], ["the cat sat on the mat"]) == pytest.approx(
        100 * (6 / 7 * 5 / 6 * 4 / 5 * 3 / 4) ** 0.25  # n-gram precisions of 1…4; not too short
    )
    with pytest.raises(ValueError, match=r"^1 hypotheses for 2 references$"):
        bleu(["a"], ["a", "b"])
