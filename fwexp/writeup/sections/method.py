"""How the verdicts came about: margins, exclusions, tests, declared differences, price."""

from collections.abc import Iterable

from fwexp.config.schema import Comparison
from fwexp.evidence.assess import Evidence
from fwexp.evidence.cost import format_price
from fwexp.evidence.decision import format_seeds
from fwexp.evidence.scaling import replicas_of
from fwexp.evidence.timing_validity import TOLERATED_SHARE
from fwexp.store.certificate import Certificate
from fwexp.writeup.numbers import percent
from fwexp.writeup.section import Section

VERDICTS = (
    "Equivalent: the difference is shown to lie within the margin, and zero is not excluded. "
    "Different but immaterial: shown to differ, and shown to lie within the margin. "
    "Different and material: shown to exceed the margin. "
    "Inconclusive: neither is shown; the number of seeds that would decide is given."
)
EXCLUDED = (
    "A run's times do not count if it was interrupted, if other processes used its GPU, or if, on "
    "the CPU, they kept more cores busy than its threads leave idle plus "
    f"{TOLERATED_SHARE:g} of a core per thread; its score still counts. A run that was merely slow "
    "is kept."
)
TESTS = (
    "Scores: paired by seed, two one-sided t-tests. Times, memory, cost: paired by block, t-tests "
    "on logarithms. Verdicts are corrected for the number of workloads (Holm); printed intervals "
    "are not."
)
LIGHTNING = (
    "Declared difference of the trainers: PyTorch trains with Lightning's manual optimization and "
    "without its profiler hooks: its automatic optimization would add about half a millisecond of "
    "Python to every step, and Keras's compiled step has no such cost."
)
DEVICES = (
    "Multiple devices: each takes an equal share of every batch, in order, and loss and gradients "
    "are those of the whole batch. Declared differences from one device, in both frameworks: "
    "BatchNorm statistics are those of each device's own share (batch statistics: per replica), "
    "and evaluation uses the first device's running statistics. TensorFlow reads one batch ahead "
    "for its devices. PyTorch runs one process per device, TensorFlow one process for all."
)


def method(evidence: Evidence) -> list[Section]:
    """Everything a reader needs to judge the verdicts."""
    manifest = evidence.manifest
    several = any(replicas_of(workload) > 1 for workload in evidence.workloads)
    points = [
        _declared(evidence),
        VERDICTS,
        EXCLUDED,
        TESTS,
        LIGHTNING,
        *_declared_differences(evidence.certificates),
        *([DEVICES] if several else []),
        f"Price: {format_price(manifest.pricing)}. Costs are projected: the time on this machine "
        "at that price.",
        f"Declaration {manifest.name}, SHA-256 {manifest.sha256[:12]}.",
    ]
    return [Section(key="terms", title="How this was decided", points=points)]


def _declared(evidence: Evidence) -> str:
    comparison = evidence.manifest.comparison
    return (
        f"Declared on {evidence.manifest.declared_at[:10]}, before the runs: scores within "
        f"±{comparison.score_margin_points:g} points (or {comparison.score_margin_ratio:g}×, "
        "where they are compared as ratios) and ratios of time, memory and cost within "
        f"{comparison.ratio_margin:g}× in either direction count as the same; so do differences "
        f"{_floors(comparison)}; times are compared {evidence.horizon.words}; "
        f"confidence {percent(comparison.confidence)}; "
        f"{format_seeds([w.num_seeds for w in evidence.workloads])}; {_targets(evidence)}."
    )


def _floors(comparison: Comparison) -> str:
    return (
        f"below {comparison.floor_s:g} s, US$ {comparison.floor_usd:g} a run, "
        f"{comparison.floor_mib:g} MiB or {comparison.floor_points:g} points, whatever their ratio"
    )


def _targets(evidence: Evidence) -> str:
    told = [
        f"{workload.label} {workload.metric.tell(workload.target)}"
        for workload in evidence.workloads
        if workload.target is not None and workload.metric is not None
    ]
    return f"targets: {', '.join(told)}" if told else "no target"


def _declared_differences(certificates: Iterable[Certificate]) -> list[str]:
    """A sentence for each model whose two implementations differ on purpose."""
    found: dict[str, list[str]] = {}
    for certificate in certificates:
        own = found.setdefault(certificate.model, [])  # which may have one per optimizer
        own += [text for text in certificate.declared_differences if text not in own]
    return [
        f"Declared differences of {model}: {'; '.join(differences)}."
        for model, differences in found.items()
        if differences
    ]
