"""The charts hold marks, not only axes."""

import re
from xml.etree import ElementTree

import pytest

from fwexp.evidence.assess import Evidence
from fwexp.writeup.charts import accuracy_chart, ratio_chart, throughput_chart
from fwexp.writeup.style import COLOURS
from tests.evidence.factory import Truth, certificate, simulate


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return simulate({"mlp": Truth(), "cnn": Truth(time_ratio=0.7, step_ms=12)}).evidence()


def marks(svg: str, kind: str, *, colour: str) -> int:
    """How many drawn shapes of one colour lie in the chart's marks, legends excluded."""
    ElementTree.fromstring(svg)  # well-formed
    attribute = "stroke" if kind in ("line", "rule") else "fill"
    groups = re.findall(rf'<g class="mark-{kind} role-mark[^>]*>.*?</g>', svg, flags=re.DOTALL)
    return sum(group.count(f'{attribute}="{colour}"') for group in groups)


def test_accuracy_has_a_line_a_run_and_one_for_the_mean(evidence: Evidence) -> None:
    svg = accuracy_chart(evidence)
    for colour in COLOURS.values():
        assert marks(svg, "line", colour=colour) == 2 * (5 + 1)  # workloads × (seeds + mean)
        assert marks(svg, "symbol", colour=colour) == 2 * 10  # workloads × evaluations


def test_throughput_has_a_dot_a_run_and_an_interval_a_mean(evidence: Evidence) -> None:
    svg = throughput_chart(evidence)
    for colour in COLOURS.values():
        assert marks(svg, "symbol", colour=colour) == 2 * (5 + 1)
        assert marks(svg, "rule", colour=colour) == 2


def test_ratios_are_coloured_by_who_needs_less(evidence: Evidence) -> None:
    svg = ratio_chart(evidence)
    # total, training, step, cost favour PyTorch on mlp and TensorFlow on cnn; memory PyTorch twice
    assert marks(svg, "symbol", colour=COLOURS["PyTorch"]) == 6
    assert marks(svg, "symbol", colour=COLOURS["TensorFlow"]) == 4
    assert marks(svg, "rule", colour=COLOURS["PyTorch"]) == 6


def test_nothing_inferred_from_two_seeds_draws_no_interval() -> None:
    evidence = simulate({"mlp": Truth()}, num_seeds=2).evidence()
    assert ratio_chart(evidence) == ""
    svg = throughput_chart(evidence)
    assert marks(svg, "symbol", colour=COLOURS["PyTorch"]) == 2
    assert marks(svg, "rule", colour=COLOURS["PyTorch"]) == 0


def test_a_void_sweep_has_no_chart() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.certificates = [certificate("mlp", passed=False)]
    evidence = sweep.evidence()
    drawn = [chart(evidence) for chart in (accuracy_chart, throughput_chart, ratio_chart)]
    assert drawn == ["", "", ""]
