"""The questions a comparison answers, and the figure of a run that each is about."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from fwexp.config.schema import Pricing
from fwexp.evidence.aggregate import Workload
from fwexp.evidence.cost import cost_usd
from fwexp.store.record import RunRecord
from fwexp.tasks.metric import Metric


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is compared; a `ratio` is TensorFlow's figure over PyTorch's."""

    key: str
    title: str
    unit: str
    scale: str  # difference | ratio
    margin: str  # the field of Comparison that says what counts as the same
    pairs: str  # seed | block: which runs of the two frameworks are paired
    basis: str
    figure: Callable[[RunRecord], float | None]
    better: str  # what the winner is called
    explanation: str
    timed: bool = False  # about time: disturbed or interrupted runs do not count
    more_is_better: bool = False
    applies: Callable[[Workload], bool] = lambda _: True


def questions(workloads: list[Workload], *, pricing: Pricing) -> list[Question]:
    """The questions of a sweep, in the order a reader asks them."""
    found = [w.metric for w in workloads if w.metric is not None]
    metrics = {metric.name: metric for metric in found if metric.compared}
    return [
        *(_score(metric) for metric in metrics.values()),
        *_to_target(workloads),
        *_figures(pricing),
    ]


def is_score(question: Question) -> bool:
    """Whether the question is about how well the model learnt, not about time or cost."""
    return question.key.startswith("score")


def _score(metric: Metric) -> Question:
    def figure(record: RunRecord) -> float | None:
        has_it = record.metric is not None and record.metric.name == metric.name
        return metric.points * record.score if has_it and record.score is not None else None

    return Question(
        key=f"score {metric.name}",
        title=metric.title,
        unit=metric.unit or metric.name,
        scale="difference" if metric.comparison == "points" else "ratio",
        margin="score_margin_points" if metric.comparison == "points" else "score_margin_ratio",
        pairs="seed",
        basis="measured",
        figure=figure,
        better=f"better in {metric.name}",
        more_is_better=metric.higher_is_better,
        explanation="At the last evaluation. Runs are paired by seed.",
        applies=lambda workload: workload.metric == metric,
    )


def _figures(pricing: Pricing) -> list[Question]:
    return [
        _ratio(
            key="total",
            title="Total time",
            unit="s",
            figure=lambda record: record.phases.total_s if record.phases else None,
            better="faster",
            explanation="What you wait and pay for: from the start of the run's process, its "
            "imports already loaded, to its result.",
        ),
        _ratio(
            key="training",
            title="Training time alone",
            unit="s",
            figure=_training_s,
            better="faster",
            explanation="All steps, first ones (compilation, warm-up) included; no evaluation.",
        ),
        _ratio(
            key="step",
            title="Time per step, once warm",
            unit="ms",
            figure=step_ms,
            better="faster",
            explanation="The speed that long runs approach: the first steps are left out.",
        ),
        _ratio(
            key="memory",
            title="Peak memory",
            unit="MiB",
            figure=peak_mib,
            timed=False,
            better="leaner",
            explanation="Resident memory on the host: what the imports hold plus the largest "
            "increment of any phase.",
        ),
        _ratio(
            key="cost",
            title="Cost of 1,000 runs",
            unit="US$",
            figure=lambda record: _thousandfold(cost_usd(record, pricing)),
            better="cheaper",
            basis="projected",
            explanation="Total time on this machine × the declared price. Both frameworks pay the "
            "same price on the same machine, so the ratio is that of the total times.",
        ),
    ]


def _ratio(
    *,
    key: str,
    title: str,
    unit: str,
    figure: Callable[[RunRecord], float | None],
    better: str,
    explanation: str,
    basis: str = "measured",
    timed: bool = True,
    applies: Callable[[Workload], bool] = lambda _: True,
) -> Question:
    return Question(
        key=key,
        title=title,
        unit=unit,
        scale="ratio",
        margin="ratio_margin",
        pairs="block",
        basis=basis,
        figure=lambda record: _positive(figure(record)),
        better=better,
        timed=timed,
        explanation=f"{explanation} Runs are paired by block.",
        applies=applies,
    )


def _positive(value: float | None) -> float | None:
    """The figure if it has a logarithm: a time of zero was not measured."""
    return value if value is not None and value > 0 else None


def time_to_target_s(record: RunRecord) -> float | None:
    """Training seconds until the first evaluation at the target; infinite if none reaches it."""
    target = record.config.training.target
    if not record.evaluations or target is None or record.metric is None:
        return None
    metric = record.metric
    reached = [
        e.train_s for e in record.evaluations if metric.reaches(e.scores[metric.name], target)
    ]
    return min(reached, default=math.inf)  # a miss is infinite time, not a missing run


def _to_target(workloads: list[Workload]) -> list[Question]:
    targets = {
        workload.metric.tell(workload.target)
        for workload in workloads
        if workload.target is not None and workload.metric is not None
    }
    if not targets:
        return []
    return [
        _ratio(
            key="target",
            title=f"Training time to {targets.pop() if len(targets) == 1 else 'the target'}",
            unit="s",
            figure=time_to_target_s,
            better="faster",
            explanation="Until the first evaluation that reaches the target; evaluations excluded.",
            applies=lambda workload: workload.target is not None,
        )
    ]


def _thousandfold(value: float | None) -> float | None:
    """The figure of 1,000 runs: one short run costs too little to read."""
    return None if value is None else 1000 * value


def _training_s(record: RunRecord) -> float | None:
    phases = record.phases
    return None if phases is None else phases.first_steps_s + phases.steady_s


def step_ms(record: RunRecord) -> float | None:
    """Milliseconds per steady step; None if there was none."""
    if not record.samples_per_s:
        return None
    return 1000 * record.config.training.batch_size / record.samples_per_s


def peak_mib(record: RunRecord) -> float | None:
    """What the imports hold plus the largest increment of any phase, in MiB."""
    memory = record.memory
    if memory is None:
        return None
    peaks = (memory.data_peak_mib, memory.build_peak_mib, memory.train_peak_mib)
    return memory.import_rss_mib + max(peaks)
