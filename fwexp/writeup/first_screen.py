"""The first screen: the numbers that carry the recommendation, warnings, and what is not known."""

from collections.abc import Mapping
from dataclasses import dataclass

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.assess import Answer, Evidence
from fwexp.evidence.cost import tell_price
from fwexp.evidence.decision import tell_seeds
from fwexp.evidence.questions import is_score
from fwexp.evidence.scaling import replicas_of
from fwexp.evidence.timing_validity import TOLERATED_SHARE
from fwexp.evidence.verdicts import Finding, Verdict
from fwexp.hardware.kind import HardwareKind
from fwexp.hardware.precision import PRECISIONS, PrecisionKind
from fwexp.hardware.table import HARDWARE
from fwexp.writeup.numbers import percent, tell, tell_interval
from fwexp.writeup.tables import tell_alone, tell_estimate, tell_verdict

MAX_LINES = 3  # workloads in one key figure; more are told as a range
KNOWN: dict[str, Mapping[str, HardwareKind | PrecisionKind]] = {
    "hardware": HARDWARE,
    "precision": PRECISIONS,
}
SEVERAL = "several devices or machines"
NEVER = [
    "compiled execution (torch.compile, XLA)",
    "energy",
    "deployment and inference",
    "each framework's own best practice (the idiomatic regime)",
    "learning curve, community, talent: judgements, not measurements",
]


@dataclass(frozen=True, kw_only=True)
class KeyLine:
    workload: str
    value: str
    interval: str
    verdict: str
    settled: bool


@dataclass(frozen=True, kw_only=True)
class KeyFigure:
    """One of the few numbers on the first screen."""

    title: str
    meaning: str
    basis: str
    lines: list[KeyLine]


def key_figures(evidence: Evidence) -> list[KeyFigure]:
    """The scores, the deciding time, the speed once warm, and the cost."""
    scores = [answer for answer in evidence.answers if is_score(answer.question)]
    keys = dict.fromkeys([evidence.decision.speed_key, "step", "cost"])
    others = [evidence.answer(key) for key in keys]
    return [_key_figure(answer, evidence) for answer in [*scores, *others]]


def _key_figure(answer: Answer, evidence: Evidence) -> KeyFigure:
    ratio = answer.scale.ratio
    meaning = "TensorFlow ÷ PyTorch" if ratio else "TensorFlow − PyTorch, points"
    if all(finding.verdict is Verdict.ALONE for finding in answer.findings):
        meaning = "mean ± standard deviation over runs"
    findings = [f for f in answer.findings if f.verdict is not Verdict.VOID]
    level = percent(evidence.manifest.comparison["confidence"])
    lines = [_key_line(finding, answer, level=level) for finding in findings[:MAX_LINES]]
    if len(findings) > MAX_LINES:
        more = len(findings) - MAX_LINES
        lines.append(
            KeyLine(
                workload=f"and {more} more below",
                value="",
                interval="",
                verdict="",
                settled=True,
            )
        )
    return KeyFigure(
        title=answer.question.title, meaning=meaning, basis=answer.question.basis, lines=lines
    )


def _key_line(finding: Finding, answer: Answer, *, level: str) -> KeyLine:
    if finding.verdict is Verdict.ALONE:
        return KeyLine(
            workload=finding.workload,
            value=tell_alone(finding, answer),
            interval=f"N = {finding.n}",
            verdict=str(finding.verdict),
            settled=True,
        )
    settled = finding.verdict not in (Verdict.INCONCLUSIVE, Verdict.UNKNOWN)
    value = tell_estimate(finding, answer)
    interval = tell_interval(finding.outer, ratio=answer.scale.ratio)
    return KeyLine(
        workload=finding.workload,
        value=f"{value}×" if answer.scale.ratio and finding.estimate is not None else value,
        interval=f"{level} interval {interval}, N = {finding.n}" if finding.outer else "",
        verdict=tell_verdict(finding, answer),
        settled=settled,
    )


def warnings(evidence: Evidence) -> list[str]:
    """What a reader must know before trusting the page; empty for a clean sweep."""
    problems = [run.problem for w in evidence.workloads for run in w.runs if run.problem]
    told = [
        f"{problems.count(kind)} of {len(evidence.manifest.runs)} runs: {kind}"
        for kind in dict.fromkeys(problems)
    ]
    told += [f"{label}: comparison void; {reason}" for label, reason in evidence.void.items()]
    untimed = sum(bool(run.untimed) for w in evidence.workloads for run in w.runs)
    if untimed:
        told.append(
            f"{untimed} of {len(evidence.manifest.runs)} runs: disturbed or interrupted; the score "
            "counts, the time does not, for the reason listed below"
        )
    if evidence.disturbed:
        num = len(evidence.disturbed)
        signs = "1 sign" if num == 1 else f"{num} signs"
        told.append(f"{signs} of a disturbed run or block, listed below; all are kept")
    told += [
        f"{level.workload}: {level.num_reached} of {level.num_runs} {NAMES[level.framework]} runs "
        f"reached the declared level, {tell(level.level)}"
        for level in evidence.levels
        if not level.holds
    ]
    if evidence.complaints:
        told.append(f"records that cannot be read: {len(evidence.complaints)}")
    return told


def not_measured(evidence: Evidence) -> list[str]:
    """What this sweep says nothing about."""
    lacking = []
    for group, options in KNOWN.items():
        held = {workload.config[group]["name"] for workload in evidence.workloads}
        other = [kind.title for name, kind in options.items() if name not in held]
        lacking += [f"other {group}: {', '.join(other)}"] if other else []
    lacking += [] if _on_several_devices(evidence) else [SEVERAL]
    return [*lacking, *NEVER, "any model or data set that is not named above"]


def _on_several_devices(evidence: Evidence) -> bool:
    return any(replicas_of(workload) > 1 for workload in evidence.workloads)


def _replicas(evidence: Evidence) -> list[str]:
    """What several devices change beside the speed; empty where there is but one."""
    if not _on_several_devices(evidence):
        return []
    return [
        "Several devices: each takes an equal share of every batch, in order, and loss and "
        "gradients are the whole batch's. Declared as a difference from one device: a BatchNorm's "
        "statistics are of each device's own share (batch statistics: per replica), in both "
        "frameworks, and the first device's running statistics evaluate; TensorFlow reads one "
        "batch ahead for its devices. PyTorch has a process a device, TensorFlow one for all."
    ]


def _targets(evidence: Evidence) -> str:
    told = [
        f"{workload.label} {workload.metric.tell(workload.target)}"
        for workload in evidence.workloads
        if workload.target is not None and workload.metric is not None
    ]
    return f"targets: {', '.join(told)}" if told else "no target"


def terms(evidence: Evidence) -> list[str]:
    """How the verdicts came about: margins, dates, price, identity."""
    manifest = evidence.manifest
    comparison = manifest.comparison
    level = percent(comparison["confidence"])
    return [
        f"Declared on {manifest.declared_at[:10]}, before the runs: scores within "
        f"±{comparison['score_margin_points']:g} points (or {comparison['score_margin_ratio']:g}×, "
        "where they are compared by ratio) and ratios of times, memory and cost within "
        f"{comparison['ratio_margin']:g}× either way count as the same; confidence {level}; "
        f"{tell_seeds([w.num_seeds for w in evidence.workloads])}; {_targets(evidence)}.",
        "Equivalent: the difference is shown to lie within the margin, and zero is not excluded. "
        "Different but immaterial: shown to differ, and shown to lie within the margin. "
        "Different and material: shown to exceed the margin. "
        "Inconclusive: neither is shown, and the number of seeds that would decide is named.",
        "A run's times count for nothing where it was interrupted, where others used its GPU, or "
        "where, on the CPU, they kept more cores busy than its threads leave idle and "
        f"{TOLERATED_SHARE:g} of a core for each thread; its score counts. A run that was only "
        "slow stays.",
        "Scores: paired by seed, two one-sided t-tests. Times, memory, cost: paired by block, "
        "t-tests on logarithms. Verdicts are corrected for the number of workloads (Holm); "
        "printed intervals are not.",
        "Differences that are declared: PyTorch trains by Lightning's manual optimization with its "
        "profiler's hooks off, for its automatic one would add to every step about half a "
        "millisecond of Python that Keras's compiled step has no like of; where a convolution "
        "strides, Keras pads the images by an operation of its own (cnn, alexnet, resnet50, "
        "mobilenet), as TensorFlow's own padding is uneven there.",
        *_replicas(evidence),
        f"Price: {tell_price(manifest.pricing)}. Costs are projected: the time on this "
        "machine at that price.",
        f"Declaration {manifest.name}, SHA-256 {manifest.sha256[:12]}.",
    ]
