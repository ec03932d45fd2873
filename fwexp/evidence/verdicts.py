"""The four verdicts: what a question's paired differences say, workload by workload."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from statistics import fmean

from fwexp.evidence.pairs import Pairs
from fwexp.evidence.statistics import (
    MAX_PAIRS,
    MIN_PAIRS,
    Interval,
    PairedTest,
    holm,
    paired_test,
    pairs_to_decide,
)


class Verdict(StrEnum):
    EQUIVALENT = "equivalent"
    MATERIAL = "different and material"
    IMMATERIAL = "different but immaterial"
    INCONCLUSIVE = "inconclusive"
    VOID = "void"  # no passed certificate: not compared
    ALONE = "not compared"  # only one framework was run
    UNKNOWN = "unknown"  # no figure: there is no price for this hardware


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
        return math.log(tf / torch) if self.ratio else tf - torch

    def tell(self, value: float) -> float:
        """A tested difference in the unit shown: a ratio, or points."""
        return math.exp(max(-700.0, min(700.0, value))) if self.ratio else value

    def interval(self, interval: Interval) -> Interval:
        low, high = self.tell(interval.low), self.tell(interval.high)
        return replace(interval, low=low, high=high)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The answer to one question on one workload. Intervals are unadjusted, p-values by Holm."""

    workload: str
    n: int
    verdict: Verdict
    reason: str = ""  # why inconclusive or void, or what is odd about the figures
    estimate: float | None = None  # ratio TensorFlow / PyTorch, or points TensorFlow − PyTorch
    inner: Interval | None = None  # 90 % at a confidence of 95 %
    outer: Interval | None = None
    p_equivalent: float | None = None
    p_material: float | None = None
    larger: str | None = None  # the framework with the larger figure, if shown
    n_to_decide: int | None = None
    by_floor: bool = False  # the same because of the floor: the ratio alone would not say so
    torch: list[float] = field(default_factory=list)
    tf: list[float] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def judge(found: dict[str, Pairs], *, scale: Scale, confidence: float) -> list[Finding]:
    """One finding per workload, in the order given; Holm covers those that can be tested."""
    alpha = 1 - confidence
    scales = {label: scale.of(pairs) for label, pairs in found.items() if not why_untestable(pairs)}
    tests = {
        label: paired_test(
            [scale.difference(torch=p.torch, tf=p.tf) for p in found[label].pairs],
            margin=own.test_margin(),
            confidence=confidence,
            shared=found[label].shared,
        )
        for label, own in scales.items()
    }
    equivalent = dict(zip(tests, holm([t.p_equivalent for t in tests.values()]), strict=True))
    material = dict(zip(tests, holm([t.p_material for t in tests.values()]), strict=True))
    findings = []
    for label, pairs in found.items():
        finding = Finding(
            workload=label,
            n=len(pairs.pairs),
            verdict=Verdict.INCONCLUSIVE,
            reason=why_untestable(pairs),
            torch=[pair.torch for pair in pairs.pairs],
            tf=[pair.tf for pair in pairs.pairs],
            dropped=pairs.dropped,
        )
        if label in tests:
            p_values = (equivalent[label], material[label])
            finding = _settle(finding, tests[label], p_values, scale=scale, alpha=alpha)
            if finding.verdict is Verdict.INCONCLUSIVE:
                finding = _ask_for_more(finding, tests[label], scales[label], alpha / len(tests))
        findings.append(finding)
    return findings


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
    if n < MIN_PAIRS:
        pairs_word = "pair" if n == 1 else "pairs"
        left_out = f" ({pairs.num_disturbed} left out: disturbed or interrupted)"
        counted = f"{n} complete {pairs_word}{left_out if pairs.num_disturbed else ''}"
        return f"{counted}; at least {MIN_PAIRS} are needed"
    torch = sum(math.isinf(pair.torch) for pair in pairs.pairs)
    tf = sum(math.isinf(pair.tf) for pair in pairs.pairs)
    if torch or tf:
        return (
            f"the target was missed by {torch} of {n} PyTorch and {tf} of {n} TensorFlow runs: "
            "they have no time to target, so there is no ratio"
        )
    return ""


def _settle(
    finding: Finding,
    test: PairedTest,
    p_values: tuple[float, float],
    *,
    scale: Scale,
    alpha: float,
) -> Finding:
    p_equivalent, p_material = p_values
    differs = not test.outer.low <= 0 <= test.outer.high
    if p_equivalent <= alpha:
        verdict = Verdict.IMMATERIAL if differs else Verdict.EQUIVALENT
    else:
        verdict = Verdict.MATERIAL if p_material <= alpha else Verdict.INCONCLUSIVE
    shown = verdict in (Verdict.MATERIAL, Verdict.IMMATERIAL)
    return replace(
        finding,
        verdict=verdict,
        reason=_identical(test) if test.identical else "",
        estimate=scale.tell(test.mean),
        inner=scale.interval(test.inner),
        outer=scale.interval(test.outer),
        p_equivalent=p_equivalent,
        p_material=p_material,
        larger=("tf" if test.mean > 0 else "torch") if shown else None,
    )


def _identical(test: PairedTest) -> str:
    return (
        f"all {test.n} differences are identical: their spread is unknown, "
        "and the interval has no width"
    )


def _ask_for_more(finding: Finding, test: PairedTest, scale: Scale, alpha: float) -> Finding:
    """Adds how many pairs would be enough, by Holm's strictest step."""
    n = pairs_to_decide(test, margin=scale.test_margin(), alpha=alpha)
    advice = (
        f"{test.n} pairs are not enough; about {n} would be"
        if n
        else f"even {MAX_PAIRS} pairs would not be enough: the gap is too close to the margin"
    )
    reason = f"{finding.reason}; {advice}" if finding.reason else advice
    return replace(finding, reason=reason, n_to_decide=n)
