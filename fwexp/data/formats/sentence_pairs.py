"""Sentence pairs as arrays for translation: tokens of one vocabulary shared by both sides.

The tokenizer is trained here, on the training part only, by sentencepiece: byte-pair encoding, one
thread, sentences in their order, no normalisation: the same bytes wherever it is trained.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.data.arrays import Arrays
from fwexp.data.tokens import BOS, EOS, IGNORED, PAD, UNKNOWN

Pair = tuple[str, str]  # source and target sentence


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What is kept of a text, and how."""

    max_words: int  # of either sentence; longer ones are left out
    max_tokens: int  # of either sentence, its end included; longer ones are left out
    vocabulary_size: int
    num_test: int


def unique_pairs(pairs: Iterable[Pair], *, wording: Callable[[str], str] = str) -> list[Pair]:
    """The first pair of each source sentence, so that no test sentence is a training sentence.

    `wording` gives what is equal for two source sentences that count as the same.
    """
    first: dict[str, Pair] = {}
    for pair in pairs:
        first.setdefault(wording(pair[0]), pair)
    return list(first.values())


def encode_pairs(pairs: Sequence[Pair], *, sizes: Sizes) -> Arrays:
    """Inputs `source` and `target_in`, labels, the tokenizer and the test references.

    The test part is `num_test` short pairs at equal distances; the rest is the training part.
    """
    short = [pair for pair in pairs if max(len(text.split()) for text in pair) <= sizes.max_words]
    test = set(np.linspace(0, len(short) - 1, sizes.num_test).astype(int).tolist())
    parts = {
        "train": [pair for i, pair in enumerate(short) if i not in test],
        "test": [pair for i, pair in enumerate(short) if i in test],
    }
    model = train_tokenizer([text for pair in parts["train"] for text in pair], sizes=sizes)
    arrays: dict[str, NDArray[Any]] = {}
    references: list[str] = []
    for part, chosen in parts.items():
        found, references = _encode(chosen, model=model, max_tokens=sizes.max_tokens)
        arrays |= {f"{kind}_{part}{name}": array for (kind, name), array in found.items()}
    arrays["tokenizer"] = np.frombuffer(model, dtype=np.uint8)
    arrays["references"] = np.frombuffer("\n".join(references).encode(), dtype=np.uint8)
    return arrays


def train_tokenizer(sentences: Iterable[str], *, sizes: Sizes) -> bytes:
    """A sentencepiece model, serialised."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=model,
        model_type="bpe",
        vocab_size=sizes.vocabulary_size,
        character_coverage=1.0,
        normalization_rule_name="identity",
        num_threads=1,
        pad_id=PAD,
        unk_id=UNKNOWN,
        bos_id=BOS,
        eos_id=EOS,
        minloglevel=2,  # errors only
    )
    return model.getvalue()


def _encode(
    pairs: Sequence[Pair], *, model: bytes, max_tokens: int
) -> tuple[dict[tuple[str, str], NDArray[np.int16]], list[str]]:
    """Arrays by kind and input, and the target sentences, of the pairs that are short enough."""
    import sentencepiece

    tokenizer = sentencepiece.SentencePieceProcessor(model_proto=model)
    sources, targets = (tokenizer.encode([pair[side] for pair in pairs]) for side in (0, 1))
    longest = [max(map(len, two)) for two in zip(sources, targets, strict=True)]
    kept = [i for i, length in enumerate(longest) if length < max_tokens]
    source = _padded([[*sources[i], EOS] for i in kept], length=max_tokens, fill=PAD)
    target_in = _padded([[BOS, *targets[i]] for i in kept], length=max_tokens, fill=PAD)
    labels = _padded([[*targets[i], EOS] for i in kept], length=max_tokens, fill=IGNORED)
    arrays = {("x", ".source"): source, ("x", ".target_in"): target_in, ("y", ""): labels}
    return arrays, [pairs[i][1] for i in kept]


def _padded(rows: Sequence[Sequence[int]], *, length: int, fill: int) -> NDArray[np.int16]:
    array = np.full((len(rows), length), fill, dtype=np.int16)
    for filled, row in zip(array, rows, strict=True):
        filled[: len(row)] = row
    return array
