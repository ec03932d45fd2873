"""A metric's values, in words and compared."""

import subprocess
import sys

import pytest

from fwexp.tasks.metric import Metric


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


def test_it_needs_neither_numpy_nor_data() -> None:
    code = (
        "import sys, fwexp.tasks.metric\n"
        "print(sorted(m for m in sys.modules if m.startswith(('numpy', 'fwexp.'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['fwexp.tasks', 'fwexp.tasks.metric']\n"
