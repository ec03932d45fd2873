"""GNMT v2: an LSTM encoder and an LSTM decoder, joined by normalised Bahdanau attention.

Source: NVIDIA DeepLearningExamples, PyTorch/Translation/GNMT, which is also MLPerf Training's
reference (mlcommons/training, rnn_translator). Its published size is 160,671,297 parameters
(NVIDIA's distributed-optimizer test for MLPerf: "MLPerf GNMT has 160671297 parameters", with the
shape of every tensor): width 1024, depth 4 + 4 and a vocabulary of 32,317 in 32,320 rows. 36,864
of them are torch's second LSTM biases, 9 · 4 · 1024, which stay zero there and are left out here.

- One embedding for both languages; the classifier has weights of its own.
- Encoder: the first layer reads the sentence forwards and backwards, the others forwards; from the
  third layer on, a layer's input is added to its output.
- Decoder: the first layer's output asks the attention for a context, which is joined to the input
  of every further layer; residual from the third layer on. It starts from a zero state.
- LSTM: gates in the order input, forget, cell, output; sigmoid and tanh; one bias. Torch's second
  bias is zero and frozen. The forget gate's bias starts as the others, without an added 1.
- Attention: score = v·g/‖v‖ · tanh(W q + U k + b); softmax; no other scale.
- Padding follows a sentence's end. The backward layer begins at each sentence's own last token,
  since the sentence, not its padding, is reversed; a padded source position has the score −65504,
  which is weight zero; a padded target position counts in no loss. So padding changes no result,
  and the embedding of the padding token is a row like any other, with a zero gradient.
- Every weight starts uniform in ±0.1, g at 1/√width, b at 0, as there. `weight_range` and
  `embedding_range` widen the start of the matrices and v: a narrow layer of ±0.1 passes on so
  little of its input that a small model takes many epochs to learn to attend.
- Left out, in both: dropout (0.2 there), label smoothing (0.1 there), gradient clipping.
"""

from dataclasses import dataclass

from fwexp.models.differences import SECOND_BIAS, SPARSE_GRADIENT
from fwexp.models.spec import Variable, named

PUBLISHED_PARAMETERS = 160_671_297
BIAS_RANGE = 0.1


@dataclass(frozen=True, kw_only=True)
class Spec:
    sequence_length: int  # source tokens, padded
    target_length: int  # target tokens, padded
    vocabulary_size: int  # of the data set
    width: int = 128  # of the embedding, of every LSTM and of the attention
    depth: int = 4  # LSTM layers of the encoder, and of the decoder
    weight_range: float = 0.1  # matrices and v start uniform in ± this
    embedding_range: float = 0.1
    num_rows: int = 0  # of the embedding and the classifier; 0: the data set's vocabulary

    declared_differences = (SECOND_BIAS, SPARSE_GRADIENT)

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 2:
            raise ValueError("width must be at least 1 and depth at least 2")
        if 0 < self.num_rows < self.vocabulary_size:
            raise ValueError(
                f"num_rows={self.num_rows}: the vocabulary has {self.vocabulary_size} tokens; "
                "type 0 for as many rows, or more than that"
            )

    def rows(self) -> int:
        """Rows of the embedding, and classes."""
        return self.num_rows or self.vocabulary_size

    def lstms(self) -> dict[str, int]:
        """The width of each LSTM's input, by its name, in the order of the computation."""
        h = self.width
        encoder = {"encoder0_forward": h, "encoder0_backward": h, "encoder1": 2 * h}
        encoder |= {f"encoder{i}": h for i in range(2, self.depth)}
        decoder = {"decoder0": h} | {f"decoder{i}": 2 * h for i in range(1, self.depth)}
        return encoder | decoder

    def variables(self) -> dict[str, Variable]:
        h, rows = self.width, self.rows()
        variables = named(
            "embedding", {"embeddings": _uniform(rows, h, limit=self.embedding_range)}
        )
        for name, num_in in self.lstms().items():
            variables |= named(name, self._lstm(num_in))
        for name in ("attention_query", "attention_key"):
            variables |= named(name, {"kernel": self._matrix(h, h)})
        attention = {
            "vector": self._matrix(h),
            "scale": Variable(shape=(1,), initializer="ones", factor=h**-0.5),
            "bias": Variable(shape=(h,), initializer="zeros"),
        }
        variables |= named("attention", attention)
        classifier = {"kernel": self._matrix(h, rows), "bias": _bias(rows)}
        return variables | named("classifier", classifier)

    def blocks(self) -> list[str]:
        lstms = list(self.lstms())
        first = lstms.index("decoder0") + 1
        attention = ["attention_query", "attention_key", "attention"]
        return [*lstms[:first], *attention, *lstms[first:], "classifier"]

    def _matrix(self, *shape: int) -> Variable:
        return _uniform(*shape, limit=self.weight_range)

    def _lstm(self, num_in: int) -> dict[str, Variable]:
        return {
            "kernel": self._matrix(num_in, 4 * self.width),
            "recurrent_kernel": self._matrix(self.width, 4 * self.width),
            "bias": _bias(4 * self.width),
        }


def _bias(size: int) -> Variable:
    return _uniform(size, limit=BIAS_RANGE)


def _uniform(*shape: int, limit: float) -> Variable:
    return Variable(shape=shape, initializer="uniform", factor=limit)
