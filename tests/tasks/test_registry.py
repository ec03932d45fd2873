"""Every task by its name, and what each says of itself."""

from dataclasses import asdict, replace

import pytest

from fwexp.config.load import compose
from fwexp.config.schema import Data
from fwexp.errors import ConfigError
from fwexp.tasks.metric import Metric
from fwexp.tasks.registry import TASKS, make_task


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
        ({"name": "perplexity"}, 20.0, "perplexity 20"),
        ({"name": "perplexity"}, 1234.567, "perplexity 1234.57"),
        ({"name": "hits", "points": 100, "unit": "%"}, 0.5, "50 % hits"),
        ({"name": "hits", "points": 100, "unit": "%"}, 0.985, "98.5 % hits"),
        ({"name": "hits", "points": 100, "unit": "%"}, 0.98056, "98.06 % hits"),
        ({"name": "hits", "points": 100, "unit": "%"}, 1.0, "100 % hits"),
        ({"name": "error"}, 0.00456, "error 0.00456"),
        ({"name": "error"}, 0.0, "error 0"),
    ],
)
def test_a_value_in_words(metric: dict[str, object], value: float, told: str) -> None:
    made = Metric(title="T", higher_is_better=True, comparison="points", **metric)  # type: ignore[arg-type]
    assert made.tell(value) == told
