"""Our own tasks, and what each says of itself."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from fwexp.config.load import compose
from fwexp.config.schema import Data
from fwexp.errors import ConfigError
from fwexp.tasks.metric import Metric
from fwexp.tasks.task import LOSSES, make_task

CONF = Path(__file__).parents[2] / "conf" / "data"
OURS = sorted({OmegaConf.load(file)["task"] for file in CONF.glob("*.yaml")})
WITHOUT_A_SCORE = {
    "fwexp.tasks.throughput:Throughput",
    "fwexp.tasks.throughput:TranslationThroughput",
    "fwexp.tasks.throughput:RecommendationThroughput",
}


@pytest.fixture
def data() -> Data:
    """A set that has all that any task asks for."""
    sizes = {"sequence_length": 3, "target_length": 2, "vocabulary_size": 4}
    digits = compose(["data=digits"]).data
    return replace(digits, **sizes, num_users=5, num_items=6)  # type: ignore[arg-type]


def test_an_unknown_task_names_what_is_missing_and_a_near_match(data: Data) -> None:
    name = "fwexp.tasks.clasification:Classification"
    with pytest.raises(ConfigError) as raised:
        make_task(replace(data, task=name))
    assert raised.value.problems == [
        f"data.task={name}: there is no module fwexp.tasks.clasification. "
        "Did you mean 'classification'?"
    ]


@pytest.mark.parametrize("name", OURS)
def test_a_task_says_how_it_is_judged(name: str, data: Data) -> None:
    task = make_task(replace(data, task=name))
    metric = task.metric
    assert Metric(**asdict(metric)) == metric  # as a record keeps it
    assert metric.comparison in ("points", "ratio")
    assert (metric.points == 100) is (metric.unit == "%")
    assert metric.title[0].isupper()
    assert task.unit in ("images", "samples", "tokens")
    assert task.loss in LOSSES
    assert metric.compared is (name not in WITHOUT_A_SCORE)
