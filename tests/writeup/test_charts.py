"""The charts hold marks, not only axes."""

import re
from xml.etree import ElementTree

import pytest

from fwexp.evidence.assess import Evidence
from fwexp.writeup.charts import ratio_chart, score_chart, throughput_chart
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
    svg = score_chart(evidence, evidence.answer("score accuracy"))
    assert ">test accuracy, %<" in svg
    for colour in COLOURS.values():
        assert marks(svg, "line", colour=colour) == 2 * (5 + 1)  # workloads × (seeds + mean)
        assert marks(svg, "symbol", colour=colour) == 2 * 11  # workloads × evaluations


def test_throughput_has_a_dot_a_run_and_an_interval_a_mean(evidence: Evidence) -> None:
    svg = throughput_chart(evidence)
    assert ">training throughput, images per second (log axis)<" in svg
    for colour in COLOURS.values():
        assert marks(svg, "symbol", colour=colour) == 2 * (5 + 1)
        assert marks(svg, "rule", colour=colour) == 2


def test_each_metric_has_a_chart_of_its_own_workloads() -> None:
    both = simulate({"mlp": Truth(), "gpt": Truth(perplexity=20.0)}).evidence()
    accuracy, perplexity = (
        score_chart(both, both.answer(f"score {name}")) for name in ("accuracy", "perplexity")
    )
    assert ">test accuracy, %<" in accuracy
    assert ">test perplexity<" in perplexity
    assert ("mlp · digits" in accuracy, "gpt · text" in accuracy) == (True, False)
    assert ("mlp · digits" in perplexity, "gpt · text" in perplexity) == (False, True)
    for svg in (accuracy, perplexity):
        for colour in COLOURS.values():
            assert marks(svg, "line", colour=colour) == 5 + 1
    assert ">training throughput, images or tokens per second (log axis)<" in throughput_chart(both)


def test_ratios_are_coloured_by_who_needs_less(evidence: Evidence) -> None:
    svg = ratio_chart(evidence)
    # horizon, total, training, step, cost favour PyTorch on mlp and TensorFlow on cnn; memory
    # PyTorch twice
    assert marks(svg, "symbol", colour=COLOURS["PyTorch"]) == 7
    assert marks(svg, "symbol", colour=COLOURS["TensorFlow"]) == 5
    assert marks(svg, "rule", colour=COLOURS["PyTorch"]) == 7


def test_nothing_inferred_from_two_seeds_draws_no_interval() -> None:
    evidence = simulate({"mlp": Truth()}, num_seeds=2).evidence()
    assert ratio_chart(evidence) == ""
    svg = throughput_chart(evidence)
    assert marks(svg, "symbol", colour=COLOURS["PyTorch"]) == 2
    assert marks(svg, "rule", colour=COLOURS["PyTorch"]) == 0


def test_a_void_sweep_has_no_chart() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.certificates["key-mlp"] = certificate("mlp", passed=False)
    evidence = sweep.evidence()
    drawn = [chart(evidence) for chart in (throughput_chart, ratio_chart)]
    assert [score_chart(evidence, evidence.answer("score accuracy")), *drawn] == ["", "", ""]
