"""Sweeps of several metrics, of targets of each workload's own, and of runs without any score."""

import math
from dataclasses import replace

import pytest

from fwexp.evidence.choice import Winner
from fwexp.evidence.questions import is_score
from fwexp.evidence.verdicts import Verdict
from tests.evidence.factory import Sweep, Truth, simulate

TEXT = Truth(perplexity=20.0)


def verdicts(sweep: Sweep, key: str) -> dict[str, Verdict]:
    return {f.workload: f.verdict for f in sweep.evidence().answer(key).findings}


def test_each_workload_is_asked_about_its_own_metric() -> None:
    sweep = simulate({"mlp": Truth(), "gpt": TEXT})
    assert verdicts(sweep, "score accuracy") == {"mlp · digits": Verdict.EQUIVALENT}
    assert verdicts(sweep, "score perplexity") == {"gpt · text": Verdict.EQUIVALENT}
    evidence = sweep.evidence()
    accuracy, perplexity = (evidence.answer(f"score {m}") for m in ("accuracy", "perplexity"))
    assert (accuracy.scale.ratio, accuracy.scale.margin) == (False, 2.0)
    assert (perplexity.scale.ratio, perplexity.scale.margin) == (True, 1.05)
    (finding,) = perplexity.findings
    assert finding.n == 5
    assert finding.torch == pytest.approx([20.0] * 5, rel=0.02)
    ratios = [math.log(tf / torch) for tf, torch in zip(finding.tf, finding.torch, strict=True)]
    assert finding.estimate == pytest.approx(math.exp(sum(ratios) / 5))
    assert set(verdicts(sweep, "total")) == {"mlp · digits", "gpt · text"}


def test_the_recommendation_speaks_of_a_score_where_there_are_two() -> None:
    headline = simulate({"mlp": Truth(), "gpt": TEXT}).evidence().decision.headline
    assert headline.startswith("Choose PyTorch for mlp and gpt on digits and text: TensorFlow take")
    assert "at the same score within the margin" in headline
    alone = simulate({"gpt": TEXT}).evidence().decision.headline
    assert "at the same perplexity within the margin" in alone


@pytest.mark.parametrize(
    ("ratio", "winner", "because"),
    [
        (
            *(1.25, Winner.TORCH),
            "PyTorch is 1.25× better in perplexity, and TensorFlow takes 1.38× PyTorch's time",
        ),
        (
            *(0.8, Winner.TRADE),
            "TensorFlow is 1.25× better in perplexity, but takes 1.38× PyTorch's time",
        ),
    ],
)
def test_the_smaller_perplexity_is_the_better_one(
    ratio: float, winner: Winner, because: str
) -> None:
    sweep = simulate({"gpt": replace(TEXT, perplexity_ratio=ratio)})
    assert verdicts(sweep, "score perplexity") == {"gpt": Verdict.MATERIAL}
    (choice,) = sweep.evidence().decision.choices
    assert (choice.winner, choice.because) == (winner, because)


def test_a_perplexity_is_held_to_the_ratio_and_an_accuracy_to_the_points() -> None:
    """1.04 is within 1.05; of points, it would have been 0.8 of 2."""
    near = {"mlp": Truth(accuracy_gap=1.0), "gpt": replace(TEXT, perplexity_ratio=1.04)}
    sweep = simulate(near)
    assert verdicts(sweep, "score perplexity") == {"gpt · text": Verdict.IMMATERIAL}
    sweep.manifest.comparison = replace(
        sweep.manifest.comparison, score_margin_ratio=1.01, score_margin_points=0.3
    )
    assert verdicts(sweep, "score perplexity") == {"gpt · text": Verdict.MATERIAL}
    assert verdicts(sweep, "score accuracy") == {"mlp · digits": Verdict.MATERIAL}


def test_every_workload_has_a_target_of_its_own() -> None:
    truths = {"mlp": Truth(target=0.9), "gpt": replace(TEXT, target=22.0)}
    evidence = simulate(truths).evidence()
    assert [w.target for w in evidence.workloads] == [0.9, 22.0]
    assert [w.label for w in evidence.workloads] == ["mlp · digits", "gpt · text"]
    assert evidence.decision.speed_key == "target"
    target = evidence.answer("target")
    assert [f.verdict for f in target.findings] == [Verdict.MATERIAL] * 2
    assert all(0 < seconds < math.inf for f in target.findings for seconds in f.torch + f.tf)
    assert "PyTorch's time to the target" in evidence.decision.headline


def test_a_target_that_one_workload_misses_leaves_that_one_open() -> None:
    truths = {"mlp": Truth(target=0.9), "gpt": replace(TEXT, target=15.0)}
    evidence = simulate(truths).evidence()
    mlp, gpt = evidence.decision.choices
    assert (mlp.winner, gpt.winner) == (Winner.TORCH, Winner.UNDECIDED)
    assert gpt.because == (
        "the perplexity is the same, the time inconclusive: none of 5 runs of either framework "
        "reached the target"
    )


def test_a_workload_without_a_target_is_decided_by_its_time_at_the_horizon() -> None:
    """And the headline calls neither time by the other's name."""
    truths = {"mlp": Truth(target=0.9), "gpt": replace(TEXT, time_ratio=1.2)}
    evidence = simulate(truths).evidence()
    assert [f.workload for f in evidence.answer("target").findings] == ["mlp · digits"]
    time = evidence.answer("horizon").findings[1]
    assert time.verdict is Verdict.MATERIAL
    assert evidence.decision.choices[1].amount == time.estimate
    headline = evidence.decision.headline
    assert "PyTorch's time for mlp · digits and" in headline
    assert "time to" not in headline


def test_a_record_of_another_sweep_is_held_to_this_ones_target() -> None:
    """One run may serve two sweeps: the target is no part of its identity."""
    sweep = simulate({"mlp": Truth(target=0.9)})
    before = sweep.evidence().answer("target").findings[0]
    for run_id, record in sweep.records.items():
        training = replace(record.config.training, target=0.999)
        sweep.bend(run_id, config=replace(record.config, training=training))
    assert sweep.evidence().answer("target").findings[0] == before
    assert math.inf not in before.torch


def test_a_workload_of_which_no_run_has_finished_is_open() -> None:
    sweep = simulate({"mlp": Truth(), "gpt": TEXT})
    for seed in range(5):
        for framework in ("torch", "tf"):
            sweep.fail(framework, "gpt", seed, message="boom")
    evidence = sweep.evidence()
    assert [a.question.key for a in evidence.answers if is_score(a.question)] == ["score accuracy"]
    mlp, gpt = evidence.decision.choices
    assert (mlp.winner, gpt.winner, gpt.because) == (
        *(Winner.TORCH, Winner.UNDECIDED),
        "5 of 5 PyTorch runs failed, 5 of 5 TensorFlow runs failed; too many to recommend one",
    )


def test_records_without_a_metric_give_times_but_no_recommendation() -> None:
    sweep = simulate({"mlp": Truth(target=0.9)})
    sweep.records = {k: replace(r, metric=None, score=None) for k, r in sweep.records.items()}
    evidence = sweep.evidence()
    assert [a.question.key for a in evidence.answers] == [
        *("horizon", "total", "training", "step", "memory", "cost"),
    ]
    assert evidence.answer("step").findings[0].verdict is Verdict.MATERIAL
    (choice,) = evidence.decision.choices
    assert (choice.winner, choice.because) == (Winner.UNDECIDED, "its runs have no score")
    assert evidence.decision.how_sure.startswith("Not sure")


def test_one_side_without_a_metric_is_named_and_not_paired() -> None:
    sweep = simulate({"gpt": TEXT})
    sweep.records["tf-gpt-2"] = replace(sweep.records["tf-gpt-2"], metric=None, score=None)
    finding = sweep.evidence().answer("score perplexity").findings[0]
    assert (finding.n, finding.dropped) == (4, ["seed 2 has no TensorFlow figure"])


def test_the_margin_of_a_ratio_is_told_as_a_ratio() -> None:
    evidence = simulate({"gpt": TEXT}).evidence()
    finding = evidence.answer("score perplexity").findings[0]
    assert finding.inner is not None
    farthest = max(1 / finding.inner.low, finding.inner.high)
    assert evidence.changes[0] == (
        "Margin of “Perplexity on the test text” (declared: 1.05×): below about "
        f"{farthest:.2f}× (gpt) they would no longer be shown to be the same."
    )
