"""The four verdicts: what a question's paired differences say, workload by workload."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from statistics import fmean

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.pairs import Pair, Pairs
from fwexp.evidence.statistics import (
    MAX_PAIRS,
    MIN_PAIRS,
    Interval,
    PairedTest,
    paired_test,
    pairs_to_decide,
    rates_differ,
    sign_test,
)


class Verdict(StrEnum):
    EQUIVALENT = "equivalent"
    MATERIAL = "different and material"
    IMMATERIAL = "different but immaterial"
    INCONCLUSIVE = "inconclusive"
    VOID = "void"  # no passed certificate: not compared
    ALONE = "not compared"  # only one framework was run
    UNKNOWN = "unknown"  # no figure: there is no price for this hardware


SAME = (Verdict.EQUIVALENT, Verdict.IMMATERIAL)
AT_THE_MARGIN = "at the margin, no number of seeds decides"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How two figures are compared, and by how much they must differ to matter."""

    ratio: bool  # TensorFlow / PyTorch, tested on logs; else TensorFlow − PyTorch
    margin: float  # points, or a ratio above 1
    floor: float = 0.0  # what matters not, in the figures' unit, whatever its ratio

    def of(self, pairs: Pairs) -> "Scale":
        """The scale for these figures: a margin that holds at least the floor."""
        if not self.ratio or not self.floor:
            return replace(self, margin=max(self.margin, self.floor))
        smaller = min(fmean(p.torch for p in pairs.pairs), fmean(p.tf for p in pairs.pairs))
        return replace(self, margin=max(self.margin, 1 + self.floor / smaller))

    def test_margin(self) -> float:
        return math.log(self.margin) if self.ratio else self.margin

    def difference(self, *, torch: float, tf: float) -> float:
        """In the tested unit; infinite if one figure is, NaN if both are."""
        return math.log(tf) - math.log(torch) if self.ratio else tf - torch

    def tell(self, value: float) -> float:
        """A tested difference in the unit shown: a ratio, or points."""
        return math.exp(max(-700.0, min(700.0, value))) if self.ratio else value

    def interval(self, interval: Interval) -> Interval:
        low, high = self.tell(interval.low), self.tell(interval.high)
        return replace(interval, low=low, high=high)

    def differences(self, pairs: Sequence[Pair]) -> list[float]:
        """Of each pair, in the tested unit."""
        return [self.difference(torch=pair.torch, tf=pair.tf) for pair in pairs]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The answer to one question on one workload.

    Its intervals hold together with those of the question's other workloads: each has the
    confidence 1 − α / workloads. The verdict is what they show, and the p-values are multiplied
    likewise.
    """

    workload: str
    n: int
    verdict: Verdict
    reason: str = ""  # why inconclusive or void
    note: str = ""  # what else the figures' reader should know
    estimate: float | None = None  # ratio TensorFlow / PyTorch, or points TensorFlow − PyTorch
    inner: Interval | None = None  # 90 % at a confidence of 95 % and one workload
    outer: Interval | None = None
    p_equivalent: float | None = None
    p_material: float | None = None
    p_ranks: float | None = None  # of a sign test in which runs that failed are the worst
    larger: str | None = None  # the framework with the larger figure, if shown
    not_larger: list[str] = field(default_factory=list)  # shown not to be so by the margin
    n_to_decide: tuple[int, int] | None = None  # from, to
    by_floor: str = ""  # the floor, "1 s", by which they are the same though not by their ratio
    torch: list[float] = field(default_factory=list)
    tf: list[float] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """By what a question's workloads are judged."""

    scale: Scale
    confidence: float  # of all of them together
    num_tests: int  # how many are tested

    @property
    def alpha(self) -> float:
        """Of each: Bonferroni's, for which intervals that hold together exist; verdicts by Holm
        would show more than the intervals printed beside them."""
        return (1 - self.confidence) / self.num_tests

    def corrected(self, p: float) -> float:
        return min(1.0, p * self.num_tests)


def judge(
    found: dict[str, Pairs], *, scale: Scale, confidence: float, num_looks: int = 1
) -> list[Finding]:
    """One finding per workload, in the order given, corrected for those that can be tested and
    for how often the sweep has been looked at."""
    num_tests = sum(not why_untestable(pairs) for pairs in found.values())
    terms = Terms(scale=scale, confidence=confidence, num_tests=max(1, num_tests) * num_looks)
    return [_judge(label, pairs, terms) for label, pairs in found.items()]


def _judge(label: str, pairs: Pairs, terms: Terms) -> Finding:
    finding = Finding(
        workload=label,
        n=len(pairs.pairs),
        verdict=Verdict.INCONCLUSIVE,
        reason=why_untestable(pairs),
        torch=[pair.torch for pair in pairs.pairs],
        tf=[pair.tf for pair in pairs.pairs],
        dropped=pairs.dropped,
    )
    if finding.reason:
        return finding
    if any(math.isinf(figure) for figure in (*finding.torch, *finding.tf)):
        return _settle_endless(finding, pairs.ranked, terms)
    terms = replace(terms, scale=terms.scale.of(pairs))
    test = paired_test(
        terms.scale.differences(pairs.pairs),
        margin=terms.scale.test_margin(),
        confidence=1 - terms.alpha,
        least_sd=pairs.least_sd,
        shared=pairs.shared,
    )
    finding = _settle(finding, test, terms)
    if finding.verdict is Verdict.INCONCLUSIVE:
        finding = _ask_for_more(finding, test, terms)
    return _beside_ranks(finding, pairs, terms) if pairs.failed else finding


def void(workload: str, *, reason: str) -> Finding:
    """The finding if the certificate is missing or failed: no figure is shown."""
    return Finding(workload=workload, n=0, verdict=Verdict.VOID, reason=reason)


def unanswered(workload: str, *, reason: str) -> Finding:
    """The finding if the figures may not be compared: none is shown."""
    return Finding(workload=workload, n=0, verdict=Verdict.INCONCLUSIVE, reason=reason)


def alone(
    workload: str, *, framework: str, figures: list[float], dropped: Sequence[str] = ()
) -> Finding:
    """The finding if only one framework was run: its figures, no difference."""
    sides = {framework: figures}
    return Finding(
        workload=workload,
        n=len(figures),
        verdict=Verdict.ALONE,
        torch=sides.get("torch", []),
        tf=sides.get("tf", []),
        dropped=list(dropped),
    )


def why_untestable(pairs: Pairs) -> str:
    """Why nothing can be inferred from these pairs; else empty."""
    n = len(pairs.pairs)
    if n >= MIN_PAIRS:
        return ""
    if len(pairs.lacking) == 1:
        return f"no {NAMES[pairs.lacking[0]]} run has a figure"
    pairs_word = "pair" if n == 1 else "pairs"
    left_out = f" ({pairs.num_disturbed} left out: disturbed or interrupted)"
    counted = f"{n} complete {pairs_word}{left_out if pairs.num_disturbed else ''}"
    return f"{counted}; at least {MIN_PAIRS} are needed"


def _settle(finding: Finding, test: PairedTest, terms: Terms) -> Finding:
    scale, margin = terms.scale, terms.scale.test_margin()
    differs = not test.outer.low <= 0 <= test.outer.high
    if test.p_equivalent <= terms.alpha:
        verdict = Verdict.IMMATERIAL if differs else Verdict.EQUIVALENT
    else:
        is_material = test.p_material <= terms.alpha
        verdict = Verdict.MATERIAL if is_material else Verdict.INCONCLUSIVE
    bounds = {"torch": test.inner.low > -margin, "tf": test.inner.high < margin}
    return replace(
        finding,
        verdict=verdict,
        note=_raised(test, scale) if test.is_raised else "",
        estimate=scale.tell(test.mean),
        inner=scale.interval(test.inner),
        outer=scale.interval(test.outer),
        p_equivalent=terms.corrected(test.p_equivalent),
        p_material=terms.corrected(test.p_material),
        larger=("tf" if test.mean > 0 else "torch") if differs else None,
        not_larger=[name for name, holds in bounds.items() if holds],
    )


def _raised(test: PairedTest, scale: Scale) -> str:
    floor = f"{100 * test.sd:.1f} %" if scale.ratio else f"{test.sd:.2f} points"
    return f"the differences vary by less than can be told: their SD is taken as {floor}"


def _settle_endless(finding: Finding, ranked: list[Pair], terms: Terms) -> Finding:
    """Of times to a target that some runs never reached: how many did, and a sign test."""
    n = len(ranked)
    missed = [sum(math.isinf(figure) for figure in side) for side in _sides(ranked)]
    reached = [n - num for num in missed]
    margin, differences = terms.scale.test_margin(), terms.scale.differences(ranked)
    by_ranks = sign_test(differences, margin=margin)
    p = terms.corrected(2 * min(by_ranks, rates_differ(missed, [n, n])))  # the better of two tests
    told = f"PyTorch reached the target in {reached[0]} of {n} runs, TensorFlow in {reached[1]}"
    if not any(reached):
        told = f"none of {n} runs of either framework reached the target"
    lead = sum(
        (d > margin) - (d < -margin) for d in differences
    )  # in how many TensorFlow's is more
    shown = p <= 1 - terms.confidence and lead != 0
    return replace(
        finding,
        n=n,
        verdict=Verdict.MATERIAL if shown else Verdict.INCONCLUSIVE,
        reason=told,
        p_material=p,
        p_ranks=terms.corrected(by_ranks),
        larger=("tf" if lead > 0 else "torch") if shown else None,
    )


def _sides(pairs: list[Pair]) -> tuple[list[float], list[float]]:
    return [pair.torch for pair in pairs], [pair.tf for pair in pairs]


def _beside_ranks(finding: Finding, pairs: Pairs, terms: Terms) -> Finding:
    """Adds what a sign test says in which every run that failed is the worst."""
    differences = terms.scale.differences(pairs.ranked)
    p = terms.corrected(sign_test(differences, margin=terms.scale.test_margin()))
    num = len(pairs.ranked)
    told = f"with failed runs as the worst, a sign test over {num} pairs gives p = {p:.2g}"
    return replace(finding, p_ranks=p, note="; ".join(filter(None, (finding.note, told))))


def _ask_for_more(finding: Finding, test: PairedTest, terms: Terms) -> Finding:
    """Adds how many pairs would be enough."""
    n = pairs_to_decide(test, margin=terms.scale.test_margin(), alpha=terms.alpha)
    reason = f"too noisy, {format_needed(n)} decide" if n else AT_THE_MARGIN
    return replace(finding, reason=reason, n_to_decide=n)


def format_needed(needed: tuple[int, int]) -> str:
    """How many seeds would be enough, in words: about 22 to 40 seeds."""
    few, many = needed
    if many >= MAX_PAIRS:
        return f"over {MAX_PAIRS} seeds" if few >= MAX_PAIRS else f"about {few} seeds or more"
    return f"about {few} seeds" if few == many else f"about {few} to {many} seeds"
