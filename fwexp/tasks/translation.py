"""What is this sentence in another language? Trained on cross-entropy, judged by BLEU."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data.dataset import DataSet
from fwexp.data.tokens import BOS, EOS, PAD
from fwexp.errors import ConfigError
from fwexp.tasks.metric import Metric
from fwexp.tasks.numerics import IGNORED, cross_entropy
from fwexp.tasks.task import Inputs, Predict, Scores

Tokens = NDArray[np.int32]


class Translation:
    """Inputs are `source` and `target_in` (sentences, positions), outputs logits over the tokens.

    The loss has no label smoothing. Targets are the next token at each position, IGNORED after the
    end; the data set's extras are its tokenizer and the test references.
    """

    loss = "masked_cross_entropy"
    unit = "tokens"  # of the target, padding left out
    metric = Metric(
        name="bleu",
        title="BLEU on the test set",
        higher_is_better=True,
        comparison="points",
    )

    def __init__(self, data: Data) -> None:
        if data.vocabulary_size is None:
            raise ConfigError([f"data.task={data.task}: data={data.name} has no vocabulary_size"])
        self.vocabulary_size = data.vocabulary_size

    def num_units(self, targets: NDArray[Any]) -> int:
        return int((targets != IGNORED).sum())

    def evaluate(self, predict: Predict, data: DataSet) -> Scores:
        loss = cross_entropy(predict(data.test.inputs), data.test.targets)
        tokens = translate(predict, data.test.inputs, vocabulary_size=self.vocabulary_size)
        hypotheses = detokenize(tokens, tokenizer=data.extras["tokenizer"])
        return {"bleu": bleu(hypotheses, references(data)), "loss": loss}


def translate(predict: Predict, inputs: Inputs, *, vocabulary_size: int) -> Tokens:
    """The target tokens (sentences, positions), decoded greedily.

    Every step recomputes all positions from a batch of one fixed shape, so that both frameworks
    do the same work and neither compiles again.
    """
    given: Tokens = np.full(inputs["target_in"].shape, PAD, dtype=np.int32)
    given[:, 0] = BOS
    found: Tokens = np.full(given.shape, PAD, dtype=np.int32)
    for position in range(given.shape[1]):
        logits = predict({"source": inputs["source"], "target_in": given})
        chosen = logits[:, position, :vocabulary_size].argmax(axis=-1)
        ended = (found == EOS).any(axis=1)
        found[:, position] = np.where(ended, PAD, chosen)
        if (found == EOS).any(axis=1).all():
            break
        given[:, position + 1 : position + 2] = found[:, position : position + 1]
    return found


def detokenize(tokens: Tokens, *, tokenizer: NDArray[np.uint8]) -> list[str]:
    """Each row's text up to its end."""
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_proto=tokenizer.tobytes())
    ends = [int(np.append(row == EOS, True).argmax()) for row in tokens]
    texts: list[str] = processor.decode(
        [row[:end].tolist() for row, end in zip(tokens, ends, strict=True)]
    )
    return texts


def references(data: DataSet) -> list[str]:
    """The reference translations of the test sentences."""
    return data.extras["references"].tobytes().decode().split("\n")


def bleu(hypotheses: list[str], references: list[str]) -> float:
    """Corpus BLEU, 0…100, of detokenised text: sacrebleu's default, 13a and exponential smoothing.

    Raises ValueError when there are not as many hypotheses as references.
    """
    import sacrebleu

    if len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references")
    return float(sacrebleu.corpus_bleu(hypotheses, [references]).score)
