"""Every task by its name, and what each says of itself."""

from dataclasses import asdict, replace

import pytest

from fwexp.config import compose
from fwexp.config.schema import Data
from fwexp.errors import ConfigError
from fwexp.tasks import TASKS, Metric, make_task


@pytest.fixture
def data() -> Data:
    """A set that has all that any task asks for."""
    sizes = {"sequence_length": 3, "target_length": 2, "vocabulary_size": 4}
    digits = compose(["data=digits"]).data
    return replace(digits, **sizes, num_users=5, num_items=6)  # type: ignore[arg-type]


def test_an_unknown_task_lists_the_tasks(data: Data) -> None:
    with pytest.raises(ConfigError) as raised:
        make_task(replace(data, task="segmentation"))
    assert raised.value.problems == [
        f"data.task=segmentation: tasks are {', '.join(sorted(TASKS))}"
    ]
    assert "classification" in TASKS


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_says_how_it_is_judged(name: str, data: Data) -> None:
    task = make_task(replace(data, task=name))
    metric = task.metric
    assert Metric(**asdict(metric)) == metric  # as a record keeps it
    assert metric.comparison in ("points", "ratio")
    assert (metric.points == 100) is (metric.unit == "%")
    assert metric.title[0].isupper()
    assert task.unit in ("images", "samples", "tokens")
    assert task.loss


@pytest.mark.parametrize(
    ("metric", "value", "told"),
    [
        ({"name": "perplexity"}, 20.0, "perplexity 20.00"),
        ({"name": "hits", "points": 100, "unit": "%"}, 0.5, "hits 50.00 %"),
        ({"name": "bleu", "unit": "points"}, 12.345, "bleu 12.35 points"),
    ],
)
def test_a_value_in_words(metric: dict[str, object], value: float, told: str) -> None:
    made = Metric(title="T", higher_is_better=True, comparison="points", **metric)  # type: ignore[arg-type]
    assert made.tell(value) == told
