"""How the verdicts came about: margins, exclusions, tests, declared differences, price."""

from collections.abc import Iterable

from fwexp.config.schema import Comparison
from fwexp.evidence.assess import Evidence
from fwexp.evidence.cost import format_price
from fwexp.evidence.decision import format_seeds
from fwexp.evidence.failures import TOLERATED
from fwexp.evidence.pairs import RATIO_LEAST_SD
from fwexp.evidence.scaling import replicas_of
from fwexp.evidence.timing_validity import TOLERATED_SHARE
from fwexp.store.certificate import Certificate
from fwexp.writeup.numbers import percent
from fwexp.writeup.section import Section

VERDICTS = (
    "Equivalent: the 90 % interval lies within the margin, and zero is not excluded. Different but "
    "immaterial: it lies within the margin, and zero is excluded. Different and material: the 95 % "
    "interval lies beyond the margin. Inconclusive: none of these. Then too noisy means that more "
    "seeds would decide: about so many have an even chance to so many a good one; at the margin "
    "means that no number would. These levels are those of a confidence of 95 %."
)
CHOICES = (
    "Recommended is the framework that does better in score or time and no worse in the other by "
    "the margin; materially better in one and worse in the other is a trade-off. Noise is no "
    "sameness: the faster one is recommended only where its score is shown to be no worse."
)
FAILURES = (
    "A run that diverged, failed or missed its quality target is an outcome of its framework; one "
    "that was interrupted, or failed through the machine or fwexp, is not. Fisher's exact test "
    "compares how often they fail. Who is shown to fail more often is not recommended, nor who "
    f"fails in more than {100 * TOLERATED:g} % of its runs. Where runs failed or never reached the "
    "target, a sign test over all pairs takes them as infinite times and worst scores."
)
EXCLUDED = (
    "A run's times do not count if it was interrupted, if other processes used its GPU, or if, on "
    "the CPU, they kept more cores busy than its threads leave idle plus "
    f"{TOLERATED_SHARE:g} of a core per thread; its score still counts. A run that was merely slow "
    "is kept."
)
TESTS = (
    "Scores: paired by seed, two one-sided t-tests. Times, memory, cost: paired by block, t-tests "
    "on logarithms. Intervals and verdicts are corrected alike for the number of workloads "
    "(Bonferroni), so that all of a question's intervals hold together. A score that counts "
    "samples is known to one sample, so the SD of its differences is at least that; that of a "
    f"ratio at least {100 * RATIO_LEAST_SD:g} %. A t-interval does not cover the undisturbed ratio "
    "where one framework's runs alone were disturbed unnoticed."
)
LIGHTNING = (
    "Declared difference of the trainers: PyTorch trains with Lightning's manual optimization and "
    "without its profiler hooks: its automatic optimization would add about half a millisecond of "
    "Python to every step, and Keras's compiled step has no such cost."
)
FORGONE = (
    "Matched regime: each framework forgoes settings of its own, so that both compute the same in "
    "the same steps. PyTorch forgoes torch.compile, fused optimizers (fused=True), channels_last "
    "images, and loading batches ahead in other processes. TensorFlow forgoes XLA (jit_compile is "
    'False; Keras\'s own default is "auto", which compiles every model that can be), several steps '
    "an execution (steps_per_execution is 1), reading batches ahead (tf.data's autotuning and "
    "prefetching), and Keras's own optimizers, in whose place torch's formulas are computed. Where "
    "one of them is known to turn a verdict on time, it is told beside that verdict."
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
        *_looks(evidence),
        VERDICTS,
        CHOICES,
        FAILURES,
        EXCLUDED,
        TESTS,
        LIGHTNING,
        FORGONE,
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
        f"Declared on {evidence.manifest.declared_at[:10]}, {_when(evidence)}: scores within "
        f"±{comparison.score_margin_points:g} points (or {comparison.score_margin_ratio:g}×, "
        "where they are compared as ratios) and ratios of time, memory and cost within "
        f"{comparison.ratio_margin:g}× in either direction count as the same; so do differences "
        f"{_floors(comparison)}; times are compared {evidence.horizon.words}; "
        f"confidence {percent(comparison.confidence)}; "
        f"{format_seeds([w.num_seeds for w in evidence.workloads])}; {_targets(evidence)}."
    )


def _when(evidence: Evidence) -> str:
    """Before the runs, or after how many of them."""
    runs = [run for workload in evidence.workloads for run in workload.runs if run.record]
    early = evidence.declared.num_early
    return f"after {early} of the {len(runs)} runs" if early else "before the runs"


def _looks(evidence: Evidence) -> list[str]:
    """How many declarations of the sweep there were, and how often its runs were looked at."""
    declared = evidence.declared
    if declared.num_declarations == 1:
        return []
    looks = "once" if declared.num_looks == 1 else f"{declared.num_looks} times"
    told = (
        f"Declared {declared.num_declarations} times, first on {declared.first_at[:10]}; on these "
        f"terms the runs were looked at {looks}."
    )
    by_first = f" The first declaration would have said: {declared.first_says}."
    return [f"{told}{by_first if declared.first_says else ''}"]


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
