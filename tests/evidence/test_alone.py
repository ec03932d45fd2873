"""A sweep of one framework: its figures are shown, and nothing is compared."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from fwexp.evidence.assess import Evidence
from fwexp.evidence.choice import Winner
from fwexp.evidence.verdicts import Verdict
from fwexp.writeup.page import render_html, render_markdown
from fwexp.writeup.terminal import show
from tests.evidence.factory import Truth, simulate


def alone(framework: str, *, num_seeds: int = 3) -> Evidence:
    sweep = simulate({"mlp": Truth(target=0.9)}, num_seeds=num_seeds)
    sweep.manifest.comparison.num_seeds = 5  # the default, which a seed axis overrides
    sweep.keep_only(framework)
    return sweep.evidence()


def test_nothing_is_void_and_nothing_compared() -> None:
    evidence = alone("torch")
    assert evidence.void == {}
    assert {f.verdict for a in evidence.answers for f in a.findings} == {Verdict.ALONE}
    assert [choice.winner for choice in evidence.decision.choices] == [Winner.ALONE]
    assert evidence.changes == []


@pytest.mark.parametrize(("framework", "name"), [("torch", "PyTorch"), ("tf", "TensorFlow")])
def test_the_headline_names_the_framework_and_the_seeds_that_ran(framework: str, name: str) -> None:
    decision = alone(framework).decision
    assert decision.headline == (
        f"No comparison for mlp on digits: only {name} was run "
        f"(measured on CPU, Example CPU 3.0 GHz, 4 cores; 3 seeds, {name} only)."
    )
    assert decision.how_sure == (
        "Nothing was compared: a comparison needs runs of both frameworks."
    )
    assert alone(framework, num_seeds=1).decision.scope.endswith(f"; 1 seed, {name} only")


def test_the_figures_are_those_of_the_framework_that_ran() -> None:
    finding = alone("tf").answer("score accuracy").findings[0]
    assert (finding.n, finding.torch, finding.estimate) == (3, [], None)
    assert finding.tf == pytest.approx([95.0] * 3, abs=1.0)


def test_the_page_shows_the_figures_and_speaks_of_no_certificate() -> None:
    evidence = alone("torch")
    html = render_html(evidence)
    assert "not compared" in html
    assert "certificate" not in html
    assert "void" not in html.partition("</style>")[2]
    assert html.count("<svg") == 2  # the score and the throughput, and no ratios
    text = render_markdown(evidence)
    assert "confidence 95 %; 3 seeds; targets: mlp 90 % accuracy." in text
    (row,) = [line for line in text.splitlines() if line.endswith("| not compared |")][:1]
    assert row.startswith("| mlp | 3 | 9")
    assert row.endswith("| – | – | – | – | not compared |")


def test_the_terminal_shows_the_figures() -> None:
    console = Console(file=io.StringIO(), width=200)
    show(alone("torch"), page=Path("page.html"), console=console)
    assert isinstance(console.file, io.StringIO)
    told = console.file.getvalue()
    assert re.search(r"Peak memory  mlp  3  4\d\d ± \d MiB  –  not compared  measured", told)


def test_beside_workloads_of_two_frameworks_it_is_one_more_that_is_not_compared() -> None:
    sweep = simulate({"mlp": Truth(), "cnn": Truth()})
    for seed in range(5):
        del sweep.manifest.runs[f"tf-cnn-{seed}"]
    decision = sweep.evidence().decision
    assert [choice.winner for choice in decision.choices] == [Winner.TORCH, Winner.ALONE]
    assert "choose PyTorch for mlp; no comparison for cnn" in decision.recommendation
    assert decision.how_sure.startswith(
        "Sure for some workloads (1 with one framework only): each verdict"
    )
