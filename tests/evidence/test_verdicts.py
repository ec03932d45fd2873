"""The four verdicts, on figures whose answer is plain."""

import math

import pytest

from fwexp.evidence.pairs import Pair, Pairs
from fwexp.evidence.verdicts import Finding, Scale, Verdict, judge

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
    assert finding.reason == f"5 pairs are not enough; about {finding.n_to_decide} would be"


def test_a_gap_at_the_margin_is_said_to_be_undecidable() -> None:
    finding = one(points(2.1, 1.9, 2.0, 2.05, 1.95), POINTS)
    assert finding.n_to_decide is None
    expected = "even 1000 pairs would not be enough: the gap is too close to the margin"
    assert finding.reason == expected


def test_two_pairs_allow_no_inference() -> None:
    finding = one(points(0.1, 0.2), POINTS)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == "2 complete pairs; at least 3 are needed"
    assert (finding.estimate, finding.outer) == (None, None)


def test_identical_differences_are_said_to_be_identical() -> None:
    finding = one(points(0.5, 0.5, 0.5), POINTS)
    assert finding.verdict is Verdict.IMMATERIAL
    assert finding.reason == (
        "all 3 differences are identical: their spread is unknown, and the interval has no width"
    )


def test_runs_that_miss_the_target_count_as_endless() -> None:
    pairs = Pairs(pairs=[Pair(key=0, torch=1.0, tf=math.inf), *ratios(1.2, 1.2, 1.3).pairs])
    finding = one(pairs, RATIO)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == (
        "the target was missed by 0 of 4 PyTorch and 1 of 4 TensorFlow runs: "
        "they have no time to target, so there is no ratio"
    )


def test_holm_takes_back_what_one_of_many_workloads_shows_by_chance() -> None:
    borderline = points(1.5, 3.2, 3.4, 2.9, 3.6)
    noise = points(4.0, -3.0, 1.0, -2.0, 3.0)
    alone = one(borderline, POINTS)
    family = {"a": borderline, **dict.fromkeys("bcdef", noise)}
    among_many = judge(family, scale=POINTS, confidence=0.95)[0]
    assert alone.p_material is not None
    assert among_many.p_material == pytest.approx(min(1.0, 6 * alone.p_material))
    assert among_many.outer == alone.outer  # intervals stay unadjusted


def test_void_and_small_workloads_are_outside_the_family() -> None:
    clear = points(0.1, -0.2, 0.2, -0.1, 0.0)
    alone = one(clear, POINTS)
    with_small = judge({"a": clear, "b": points(1.0, 2.0)}, scale=POINTS, confidence=0.95)[0]
    assert with_small.p_equivalent == alone.p_equivalent
