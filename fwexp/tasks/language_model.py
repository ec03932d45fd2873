"""Which token comes next? Trained on cross-entropy, judged by perplexity."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data.dataset import DataSet
from fwexp.tasks.metric import Metric
from fwexp.tasks.numerics import cross_entropy
from fwexp.tasks.task import Predict, Scores

EVALUATION_BATCH = 200  # samples whose logits are in memory at once


class LanguageModel:
    """Outputs are logits (samples, positions, vocabulary), targets tokens (samples, positions).

    Every position of a window is judged, the first with no context but its own token.
    """

    loss = "cross_entropy"
    unit = "tokens"
    metric = Metric(
        name="perplexity",
        title="Perplexity on the test text",
        higher_is_better=False,
        comparison="ratio",
    )

    def __init__(self, data: Data) -> None:
        del data  # nothing in it changes the task

    def num_units(self, targets: NDArray[Any]) -> int:
        return targets.size

    def evaluate(self, predict: Predict, data: DataSet) -> Scores:
        inputs, targets = data.test.inputs, data.test.targets
        losses, sizes = [], []
        for start in range(0, len(targets), EVALUATION_BATCH):
            rows = slice(start, start + EVALUATION_BATCH)
            logits = predict({name: array[rows] for name, array in inputs.items()})
            losses.append(cross_entropy(logits, targets[rows]))
            sizes.append(targets[rows].size)
        loss = float(np.average(losses, weights=sizes))
        return {"perplexity": float(np.exp(loss)), "loss": loss}


def unigram_perplexity(data: DataSet) -> float:
    """The baseline: the test text's perplexity by the tokens' frequencies in the training text.

    Every count is raised by one, so that no token is impossible.
    """
    highest = max(int(data.train.targets.max()), int(data.test.targets.max()))
    counts = np.bincount(data.train.targets.ravel(), minlength=highest + 1) + 1
    log_shares = np.log(counts / counts.sum())
    return float(np.exp(-log_shares[data.test.targets].mean()))
