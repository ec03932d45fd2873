"""The four verdicts, on figures whose answer is plain."""

import math
from dataclasses import replace

import pytest

from fwexp.evidence.pairs import Pair, Pairs
from fwexp.evidence.verdicts import Finding, Scale, Verdict, format_needed, judge

POINTS = Scale(ratio=False, margin=2.0)
RATIO = Scale(ratio=True, margin=1.1)


def points(*differences: float) -> Pairs:
    return Pairs(pairs=[Pair(key=i, torch=90.0, tf=90.0 + d) for i, d in enumerate(differences)])


def ratios(*values: float) -> Pairs:
    return Pairs(pairs=[Pair(key=i, torch=2.0, tf=2.0 * r) for i, r in enumerate(values)])


def one(pairs: Pairs, scale: Scale) -> Finding:
    (finding,) = judge({"mlp": pairs}, scale=scale, confidence=0.95)
    return finding


@pytest.mark.parametrize(
    ("differences", "verdict", "larger"),
    [
        ((0.1, -0.2, 0.2, -0.1, 0.0), Verdict.EQUIVALENT, None),
        ((0.9, 1.0, 1.1, 1.0, 0.95), Verdict.IMMATERIAL, "tf"),
        ((3.0, 3.2, 2.9, 3.1, 3.0), Verdict.MATERIAL, "tf"),
        ((-3.0, -3.2, -2.9, -3.1, -3.0), Verdict.MATERIAL, "torch"),
        ((4.0, -3.0, 1.0, -2.0, 3.0), Verdict.INCONCLUSIVE, None),
    ],
)
def test_a_difference_gets_its_verdict(
    differences: tuple[float, ...], verdict: Verdict, larger: str | None
) -> None:
    finding = one(points(*differences), POINTS)
    assert (finding.verdict, finding.larger) == (verdict, larger)


def test_a_ratio_is_tested_on_logs_and_told_as_a_ratio() -> None:
    finding = one(ratios(1.4, 1.45, 1.5, 1.42, 1.47), RATIO)
    assert finding.verdict is Verdict.MATERIAL
    assert finding.larger == "tf"
    logs = [math.log(r) for r in (1.4, 1.45, 1.5, 1.42, 1.47)]
    assert finding.estimate == pytest.approx(math.exp(sum(logs) / 5))
    assert finding.outer is not None
    assert finding.outer.low < finding.estimate < finding.outer.high


def test_a_ratio_and_its_inverse_get_one_verdict() -> None:
    inverse = one(ratios(*(1 / r for r in (1.4, 1.45, 1.5, 1.42, 1.47))), RATIO)
    assert (inverse.verdict, inverse.larger) == (Verdict.MATERIAL, "torch")


def test_inconclusive_names_the_number_that_would_decide() -> None:
    finding = one(points(4.0, -3.0, 1.0, -2.0, 3.0), POINTS)
    assert finding.n_to_decide is not None
    few, many = finding.n_to_decide
    assert finding.reason == f"too noisy, about {few} to {many} seeds decide"


def test_a_gap_at_the_margin_is_said_to_be_undecidable() -> None:
    finding = one(points(2.1, 1.9, 2.0, 2.05, 1.95), POINTS)
    assert finding.n_to_decide is None
    assert finding.reason == "at the margin, no number of seeds decides"


@pytest.mark.parametrize(
    ("needed", "words"),
    [
        ((22, 40), "about 22 to 40 seeds"),
        ((22, 22), "about 22 seeds"),
        ((300, 1000), "about 300 seeds or more"),
        ((1000, 1000), "over 1000 seeds"),
    ],
)
def test_the_seeds_that_decide_are_a_range(needed: tuple[int, int], words: str) -> None:
    assert format_needed(needed) == words


def test_two_pairs_allow_no_inference() -> None:
    finding = one(points(0.1, 0.2), POINTS)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == "2 complete pairs; at least 3 are needed"
    assert (finding.estimate, finding.outer) == (None, None)


def test_identical_scores_are_known_to_one_sample_only() -> None:
    finding = one(replace(points(0.5, 0.5, 0.5), least_sd=100 / 360), POINTS)
    assert (finding.verdict, finding.larger) == (Verdict.EQUIVALENT, None)
    assert finding.note == (
        "the differences vary by less than can be told: their SD is taken as 0.28 points"
    )


def endless(*, torch: int, tf: int, n: int) -> Finding:
    """The finding if so many of n runs never reached the target; TensorFlow's take as long."""
    late = math.inf
    pairs = [
        Pair(key=i, torch=late if i < torch else 1.0, tf=late if i < tf else 1.0) for i in range(n)
    ]
    return one(Pairs(pairs=pairs), RATIO)


def test_a_target_that_one_framework_never_reaches_is_an_answer() -> None:
    finding = endless(torch=0, tf=8, n=8)
    assert (finding.verdict, finding.larger) == (Verdict.MATERIAL, "tf")
    assert finding.reason == "PyTorch reached the target in 8 of 8 runs, TensorFlow in 0"
    assert endless(torch=5, tf=0, n=5).larger == "torch"


@pytest.mark.parametrize(("torch", "tf"), [(0, 1), (3, 3), (1, 2)])
def test_a_target_that_both_reach_about_as_often_is_none(torch: int, tf: int) -> None:
    finding = endless(torch=torch, tf=tf, n=5)
    assert (finding.verdict, finding.larger) == (Verdict.INCONCLUSIVE, None)


def test_a_time_that_is_longer_wherever_there_is_one_is_longer() -> None:
    """Two of eight runs never end, the others take twice as long: a sign test decides."""
    pairs = [Pair(key=i, torch=1.0, tf=math.inf if i < 2 else 2.0) for i in range(8)]
    finding = one(Pairs(pairs=pairs), RATIO)
    assert (finding.verdict, finding.larger) == (Verdict.MATERIAL, "tf")
    assert finding.p_ranks == pytest.approx(2 / 2**8)


def test_runs_that_failed_are_the_worst_of_a_sign_test_beside() -> None:
    pairs = ratios(0.5, 0.5, 0.51)
    pairs.failed = [Pair(key=key, torch=2.0, tf=math.inf) for key in (3, 4, 5)]
    finding = one(pairs, RATIO)
    assert (finding.n, finding.verdict, finding.p_ranks) == (3, Verdict.MATERIAL, 1.0)
    assert finding.note == ("with failed runs as the worst, a sign test over 6 pairs gives p = 1")


def test_a_framework_without_any_figure_is_named() -> None:
    finding = one(Pairs(lacking=["tf"]), RATIO)
    assert finding.reason == "no TensorFlow run has a figure"


def test_what_is_shown_not_to_be_larger_is_told_of_an_open_finding() -> None:
    finding = one(points(-3.0, -1.0, -6.0, -2.0, -0.5), POINTS)
    assert (finding.verdict, finding.not_larger) == (Verdict.INCONCLUSIVE, ["tf"])


def test_a_family_takes_back_what_one_of_many_workloads_shows_by_chance() -> None:
    borderline = points(1.5, 3.2, 3.4, 2.9, 3.6)
    noise = points(4.0, -3.0, 1.0, -2.0, 3.0)
    alone = one(borderline, POINTS)
    family = {"a": borderline, **dict.fromkeys("bcdef", noise)}
    among_many = judge(family, scale=POINTS, confidence=0.95)[0]
    assert alone.p_material is not None
    assert among_many.p_material == pytest.approx(min(1.0, 6 * alone.p_material))
    assert among_many.outer is not None
    assert among_many.outer.confidence == pytest.approx(1 - 0.05 / 6)


@pytest.mark.parametrize("num_workloads", [1, 2, 6, 12])
@pytest.mark.parametrize("gap", [0.0, 1.0, 1.5, 2.0, 2.6, 4.0])
def test_a_verdict_is_what_its_printed_interval_shows(num_workloads: int, gap: float) -> None:
    noise = (0.3, -0.2, 0.4, -0.5, 0.0)
    family = {str(i): points(*(gap + (1 + i / 4) * n for n in noise)) for i in range(num_workloads)}
    for finding in judge(family, scale=POINTS, confidence=0.95):
        inner, outer = finding.inner, finding.outer
        assert inner is not None
        assert outer is not None
        inside = -2.0 < inner.low < inner.high < 2.0
        assert (finding.verdict in (Verdict.EQUIVALENT, Verdict.IMMATERIAL)) is inside
        assert (finding.verdict is Verdict.MATERIAL) is (outer.low > 2.0 or outer.high < -2.0)
        assert (finding.larger is not None) is not (outer.low <= 0 <= outer.high)


def test_another_look_at_a_sweep_costs_as_another_workload_does() -> None:
    pairs = points(1.5, 3.2, 3.4, 2.9, 3.6)
    (second,) = judge({"a": pairs}, scale=POINTS, confidence=0.95, num_looks=2)
    assert second.p_material == pytest.approx(2 * (one(pairs, POINTS).p_material or 0))


def test_void_and_small_workloads_are_outside_the_family() -> None:
    clear = points(0.1, -0.2, 0.2, -0.1, 0.0)
    alone = one(clear, POINTS)
    with_small = judge({"a": clear, "b": points(1.0, 2.0)}, scale=POINTS, confidence=0.95)[0]
    assert with_small.p_equivalent == alone.p_equivalent
