"""Which item will a user pick? Trained on clicks and negatives, judged by hits among ten."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.schema import Data
from fwexp.data.dataset import DataSet
from fwexp.tasks.metric import Metric
from fwexp.tasks.numerics import binary_cross_entropy
from fwexp.tasks.task import Predict, Scores

NUM_SHOWN = 10  # items a user is shown


class Recommendation:
    """Outputs are logits (samples, 1), targets 1 where the user picked the item, 0 elsewhere.

    In the test set, num_candidates consecutive samples are one user's, the item picked first.
    """

    loss = "binary_cross_entropy"
    unit = "samples"
    metric = Metric(
        name="HR@10",
        title="Hit rate: the held-out item is among the first ten",
        higher_is_better=True,
        comparison="points",
        points=100,
        unit="%",
    )

    def __init__(self, data: Data) -> None:
        del data  # nothing in it changes the task

    def num_units(self, targets: NDArray[Any]) -> int:
        return len(targets)

    def evaluate(self, predict: Predict, data: DataSet) -> Scores:
        logits = predict(data.test.inputs)[:, 0]
        loss = binary_cross_entropy(logits, data.test.targets)
        return ranking_scores(logits, data) | {"loss": loss}


def ranking_scores(scores: NDArray[Any], data: DataSet) -> Scores:
    """HR@10 and NDCG@10 of scores (samples,) for the test pairs; the highest is shown first."""
    places = ranks(scores.reshape(-1, int(data.extras["num_candidates"][0])))
    hits = places < NUM_SHOWN
    gains = np.where(hits, 1.0 / np.log2(places + 2.0), 0.0)  # 1 at the first place
    return {"HR@10": float(hits.mean()), "NDCG@10": float(gains.mean())}


def ranks(scores: NDArray[Any]) -> NDArray[np.int64]:
    """The rank, from 0, of each row's first score within the row.

    Ties and NaN count against it: a model that scores all items alike has no hit.
    """
    places: NDArray[np.int64] = (~(scores[:, :1] > scores[:, 1:])).sum(axis=1)
    return places


def popularity(data: DataSet) -> Scores:
    """The baseline: the scores of showing everyone the items most picked in training."""
    taken = data.train.targets == 1
    counts = np.bincount(
        data.train.inputs["item"][taken], minlength=int(data.test.inputs["item"].max()) + 1
    )
    return ranking_scores(counts[data.test.inputs["item"]], data)
