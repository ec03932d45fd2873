"""Whole simulated sweeps with known truth, from records to the recommendation."""

from dataclasses import replace

import pytest

from fwexp.evidence.choice import Winner
from fwexp.evidence.verdicts import Verdict
from tests.evidence.factory import PRICING, Sweep, Truth, certificate, simulate


def winners(sweep: Sweep) -> list[Winner]:
    return [choice.winner for choice in sweep.evidence().decision.choices]


def verdict(sweep: Sweep, key: str, place: int = 0) -> Verdict:
    return sweep.evidence().answer(key).findings[place].verdict


def test_a_clear_win_names_models_data_hardware_and_n() -> None:
    sweep = simulate({"mlp": Truth(), "cnn": Truth(time_ratio=1.7, step_ms=12)})
    assert winners(sweep) == [Winner.TORCH, Winner.TORCH]
    assert sweep.evidence().decision.headline == (
        "Choose PyTorch for mlp and cnn on digits: TensorFlow takes 1.38× PyTorch's time in "
        "trainings of 1 hour for mlp and 1.69× for cnn, at the same accuracy within the margin "
        "(measured on CPU, Example CPU 3.0 GHz, 4 cores; 5 seeds per framework)."
    )


def test_equivalence_recommends_either() -> None:
    sweep = simulate({"mlp": Truth(time_ratio=1.0, tf_build_s=0.1)})
    assert verdict(sweep, "horizon") is Verdict.EQUIVALENT
    assert winners(sweep) == [Winner.EITHER]
    assert "faster" not in sweep.evidence().decision.headline


def test_opposite_winners_make_it_depend() -> None:
    sweep = simulate({"mlp": Truth(), "cnn": Truth(time_ratio=0.5, step_ms=12)})
    assert winners(sweep) == [Winner.TORCH, Winner.TF]


def test_a_better_score_for_more_time_is_a_trade_off() -> None:
    sweep = simulate({"mlp": Truth(accuracy_gap=4.0)})
    assert verdict(sweep, "score accuracy") is Verdict.MATERIAL
    assert winners(sweep) == [Winner.TRADE]
    assert sweep.evidence().decision.recommendation == (
        "A trade-off for mlp on digits: TensorFlow is 4.08 points better in accuracy, but takes "
        "1.38× PyTorch's time"
    )


def test_noise_is_inconclusive_and_names_an_n() -> None:
    sweep = simulate({"mlp": Truth(accuracy_sd=6.0, accuracy_gap=1.0)})
    finding = sweep.evidence().answer("score accuracy").findings[0]
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.n_to_decide is not None
    assert winners(sweep) == [Winner.UNDECIDED]


def test_a_failed_certificate_leaves_no_number() -> None:
    sweep = simulate({"mlp": Truth(), "cnn": Truth()})
    sweep.certificates["key-cnn"] = certificate("cnn", passed=False)
    evidence = sweep.evidence()
    for answer in evidence.answers:
        void = answer.findings[1]
        assert (void.verdict, void.n, void.torch, void.tf) == (Verdict.VOID, 0, [], [])
    assert winners(sweep) == [Winner.TORCH, Winner.VOID]
    assert "forward differs at block2.norm by 3.1e-04" in evidence.void["cnn"]


def test_a_failed_run_drops_its_pair_only() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.fail("tf", "mlp", 3, message="out of memory")
    evidence = sweep.evidence()
    assert [answer.findings[0].n for answer in evidence.answers] == [4] * 7
    assert evidence.answer("score accuracy").findings[0].dropped == [
        "seed 3 has no TensorFlow figure"
    ]


def test_two_seeds_infer_nothing() -> None:
    sweep = simulate({"mlp": Truth()}, num_seeds=2)
    assert winners(sweep) == [Winner.UNDECIDED]
    assert verdict(sweep, "total") is Verdict.INCONCLUSIVE


def test_another_machine_class_is_never_mixed_in() -> None:
    sweep = simulate({"mlp": Truth()})
    for run_id in ("tf-mlp-0", "tf-mlp-1"):
        sweep.records[run_id] = replace(sweep.records[run_id], machine_class="Other, 64 cores")
    assert sweep.evidence().answer("total").findings[0].n == 3


def test_no_spread_is_said() -> None:
    sweep = simulate({"mlp": Truth(accuracy_sd=0.0)})
    finding = sweep.evidence().answer("score accuracy").findings[0]
    assert finding.verdict is Verdict.EQUIVALENT
    assert finding.note == (
        "the differences vary by less than can be told: their SD is taken as 0.28 points"
    )
    assert finding.outer is not None
    assert finding.outer.high == pytest.approx(100 / 360 / 5**0.5 * 2.776, rel=1e-3)


def test_a_price_for_other_machines_is_unknown_and_the_decision_stands() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.manifest.pricing = replace(PRICING, machine_class="NVIDIA .*")
    finding = sweep.evidence().answer("cost").findings[0]
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.reason == (
        "the price example_cpu is for machines matching 'NVIDIA .*', but the runs used "
        "'Example CPU 3.0 GHz, 4 cores'; choose another pricing=… or add your own"
    )
    assert winners(sweep) == [Winner.TORCH]


def test_a_target_makes_time_to_target_the_deciding_question() -> None:
    sweep = simulate({"mlp": Truth(target=0.9)})
    evidence = sweep.evidence()
    assert evidence.decision.speed_key == "target"
    assert "PyTorch's time to 90 % accuracy" in evidence.decision.headline
    assert evidence.answer("target").findings[0].verdict is Verdict.MATERIAL


def test_a_missed_target_stays_and_leaves_the_time_open() -> None:
    sweep = simulate({"mlp": Truth(target=0.999)})
    finding = sweep.evidence().answer("target").findings[0]
    assert finding.n == 5
    assert finding.reason == "none of 5 runs of either framework reached the target"
    assert winners(sweep) == [Winner.UNDECIDED]


def test_the_cost_ratio_is_the_ratio_of_the_times_at_the_horizon() -> None:
    evidence = simulate({"mlp": Truth()}).evidence()
    cost, time = evidence.answer("cost").findings[0], evidence.answer("horizon").findings[0]
    assert cost.estimate == pytest.approx(time.estimate)
    assert evidence.answer("cost").question.basis == "projected"


def test_below_four_workloads_nothing_is_said_of_another() -> None:
    answer = simulate({"mlp": Truth(), "cnn": Truth()}).evidence().answer("total")
    assert answer.elsewhere is None
    expected = "2 workloads compared: at least 4 are needed to generalise"
    assert answer.elsewhere_reason == expected


def test_four_workloads_predict_another() -> None:
    truths = {name: Truth(time_ratio=1.2 + i / 10) for i, name in enumerate("abcd")}
    answer = simulate(truths).evidence().answer("total")
    estimates = [f.estimate for f in answer.findings if f.estimate is not None]
    assert answer.elsewhere is not None
    assert answer.elsewhere.low < min(estimates)
    assert answer.elsewhere.high > max(estimates)
    assert answer.elsewhere.low < sum(estimates) / 4 < answer.elsewhere.high


def test_accuracy_pairs_by_seed_and_times_by_block() -> None:
    sweep = simulate({"mlp": Truth()})
    first, second, *others = sweep.manifest.blocks
    sweep.manifest.blocks = [first + second, *others]
    evidence = sweep.evidence()
    assert [answer.findings[0].n for answer in evidence.answers] == [5, 4, 4, 4, 4, 4, 4]
