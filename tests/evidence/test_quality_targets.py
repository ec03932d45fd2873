"""Did the models learn? Scores against the declared quality target."""

import pytest

from fwexp.evidence.choice import Winner
from fwexp.evidence.quality_targets import QualityResult
from fwexp.writeup.first_screen import warnings
from fwexp.writeup.page import render_html
from tests.evidence.factory import Sweep, Truth, simulate


def results_of(sweep: Sweep) -> dict[tuple[str, str], QualityResult]:
    return {(found.workload, found.framework): found for found in sweep.evidence().quality}


def test_a_workload_without_a_quality_target_has_none() -> None:
    found = results_of(simulate({"mlp": Truth(), "cnn": Truth(quality_target=0.5)}))
    assert set(found) == {("cnn", "torch"), ("cnn", "tf")}


def test_runs_below_the_quality_target_are_counted() -> None:
    sweep = simulate({"mlp": Truth(accuracy=95, accuracy_gap=-20, quality_target=0.9)})
    torch, tf = results_of(sweep).values()
    assert (torch.holds, torch.num_reached, torch.num_runs) == (True, 5, 5)
    assert (tf.holds, tf.num_reached, tf.num_runs) == (False, 0, 5)
    assert torch.worst == min(sweep.records[f"torch-mlp-{seed}"].score for seed in range(5))
    assert torch.baseline == "the largest class"


def test_an_error_is_to_lie_below_its_quality_target() -> None:
    sweep = simulate({"gpt": Truth(perplexity=6.0, perplexity_ratio=3, quality_target=10)})
    torch, tf = results_of(sweep).values()
    assert torch.holds
    assert not tf.holds
    assert tf.worst == max(sweep.records[f"tf-gpt-{seed}"].score for seed in range(5))


def test_a_run_that_failed_has_not_reached_it() -> None:
    sweep = simulate({"mlp": Truth(quality_target=0.5)})
    sweep.fail("tf", "mlp", 3, message="out of memory")
    assert results_of(sweep)["mlp", "tf"].num_reached == 4
    assert not results_of(sweep)["mlp", "tf"].holds


@pytest.mark.parametrize(("gap", "told"), [(0.0, []), (-20.0, ["0 of 5"])])
def test_the_reader_is_warned(gap: float, told: list[str]) -> None:
    evidence = simulate({"mlp": Truth(accuracy_gap=gap, quality_target=0.9)}).evidence()
    assert [text for text in warnings(evidence) if "quality target" in text] == [
        f"mlp: {count} TensorFlow runs reached the quality target of 0.900" for count in told
    ]
    html = render_html(evidence)
    assert "Did the models learn?" in html
    assert ("0 of 5" in html) == bool(told)


@pytest.mark.parametrize("gap", [0.0, 0.5])
def test_what_has_not_learnt_decides_nothing(gap: float) -> None:
    truth = Truth(accuracy=12, accuracy_gap=gap, time_ratio=2)
    (learnt,) = simulate({"mlp": truth}).evidence().decision.choices
    assert learnt.winner is Winner.TORCH
    truth.quality_target = 0.9
    (choice,) = simulate({"mlp": truth}).evidence().decision.choices
    assert choice.winner is Winner.UNDECIDED
    assert choice.because == ("no run of either framework reached the quality target")


def test_neither_a_score_nor_a_time_decides_between_two_that_have_not_learnt() -> None:
    truth = Truth(accuracy=12, accuracy_gap=5, quality_target=0.9)
    (choice,) = simulate({"mlp": truth}).evidence().decision.choices
    assert choice.winner is Winner.UNDECIDED


def test_one_that_has_learnt_is_chosen_over_one_that_has_not() -> None:
    truth = Truth(accuracy=95, accuracy_gap=-30, quality_target=0.9)
    (choice,) = simulate({"mlp": truth}).evidence().decision.choices
    assert (choice.winner, choice.ground) == (Winner.TORCH, "failures")
