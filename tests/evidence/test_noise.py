"""Workloads on noise have no score: time alone decides, a step's where no workload has one."""

from dataclasses import replace

import pytest

from fwexp.evidence.choice import Winner, choose_by_speed
from fwexp.evidence.decision import recommend
from fwexp.evidence.questions import is_score
from fwexp.evidence.verdicts import Finding, Verdict
from fwexp.store.record import RunRecord
from fwexp.tasks.throughput import Throughput
from fwexp.writeup.first_screen import key_figures
from tests.evidence.factory import Sweep, Truth, certificate, simulate
from tests.evidence.test_decision import SCOPE


def on_noise(record: RunRecord, *, loss: float) -> RunRecord:
    """The record that the task throughput leaves: a loss, and nothing like an accuracy."""
    evaluations = [replace(e, scores={"loss": loss}) for e in record.evaluations]
    return replace(record, metric=Throughput.metric, score=loss, evaluations=evaluations)


def noisy(*models: str, all_models: dict[str, Truth]) -> Sweep:
    """A sweep in which these models see noise; the losses differ wildly, and mean nothing."""
    sweep = simulate(all_models)
    for run_id, record in sweep.records.items():
        framework, model, _ = run_id.split("-")
        if model in models:
            sweep.records[run_id] = on_noise(record, loss=9.0 if framework == "tf" else 1.0)
    return sweep


def test_no_score_is_asked_about_and_the_step_decides() -> None:
    evidence = noisy("vgg19", all_models={"vgg19": Truth()}).evidence()
    assert not [answer for answer in evidence.answers if is_score(answer.question)]
    assert evidence.decision.speed_key == "step"
    assert [choice.winner for choice in evidence.decision.choices] == [Winner.TORCH]
    step = evidence.answer("step").findings[0].estimate
    assert evidence.decision.headline == (
        f"Choose PyTorch for vgg19 on digits: TensorFlow takes {step:.2f}× PyTorch's time per "
        "step, once warm (measured on CPU, Example CPU 3.0 GHz, 4 cores; 5 seeds per framework)."
    )
    assert "from 5 pairs of runs" in evidence.decision.how_sure


def test_the_page_shows_no_figure_twice() -> None:
    evidence = noisy("vgg19", all_models={"vgg19": Truth()}).evidence()
    assert [figure.title for figure in key_figures(evidence)] == [
        "Time per step, once warm",
        "Cost of 1,000 runs in trainings of 1 hour",
    ]


def test_beside_a_workload_with_a_score_only_that_one_is_judged_by_it() -> None:
    worse = Truth(accuracy_gap=-4.0, time_ratio=0.5)  # TensorFlow: faster, and less accurate
    sweep = noisy("vgg19", all_models={"cnn": worse, "vgg19": worse})
    evidence = sweep.evidence()
    (score,) = (answer for answer in evidence.answers if is_score(answer.question))
    assert [finding.workload for finding in score.findings] == ["cnn"]
    assert [choice.winner for choice in evidence.decision.choices] == [Winner.TRADE, Winner.TF]
    assert evidence.decision.speed_key == "horizon"


def test_without_a_certificate_it_is_void() -> None:
    sweep = noisy("vgg19", all_models={"vgg19": Truth()})
    sweep.certificates["key-vgg19"] = certificate("vgg19", passed=False)
    (choice,) = sweep.evidence().decision.choices
    assert choice.winner is Winner.VOID
    assert "forward differs" in choice.because


def finding(verdict: Verdict, *, larger: str | None = None, estimate: float = 1.0) -> Finding:
    return Finding(
        workload="vgg19", n=5, verdict=verdict, larger=larger, estimate=estimate, reason="why"
    )


@pytest.mark.parametrize(
    ("speed", "winner", "because"),
    [
        (
            finding(Verdict.MATERIAL, larger="tf", estimate=1.5),
            Winner.TORCH,
            "TensorFlow takes 1.50× PyTorch's time",
        ),
        (
            finding(Verdict.MATERIAL, larger="torch", estimate=0.5),
            Winner.TF,
            "PyTorch takes 2.00× TensorFlow's time",
        ),
        (finding(Verdict.EQUIVALENT), Winner.EITHER, "the time is the same within the margin"),
        (finding(Verdict.IMMATERIAL), Winner.EITHER, "the time is the same within the margin"),
        (
            finding(Verdict.INCONCLUSIVE),
            Winner.UNDECIDED,
            "the time is inconclusive: why",
        ),
        (finding(Verdict.VOID), Winner.VOID, "why"),
    ],
)
def test_the_choice_follows_the_time(speed: Finding, winner: Winner, because: str) -> None:
    choice = choose_by_speed(speed)
    assert (choice.winner, choice.because, choice.score) == (winner, because, "")


def test_the_recommendation_claims_no_equal_score() -> None:
    choice = choose_by_speed(finding(Verdict.MATERIAL, larger="tf", estimate=1.5))
    assert recommend([choice], scope=SCOPE) == (
        "Choose PyTorch for mlp on digits: TensorFlow takes 1.50× PyTorch's total time"
    )
