"""The questions a comparison answers, and the figure of a run that each is about."""

from collections.abc import Callable
from dataclasses import dataclass

from fwexp.config.schema import Comparison, Pricing
from fwexp.evidence.aggregate import Workload
from fwexp.evidence.cost import cost_usd
from fwexp.evidence.horizon import Horizon
from fwexp.evidence.to_target import whole_time_to_target_s
from fwexp.store.record import RunRecord
from fwexp.tasks.metric import Metric

RUNS = 1000  # whose cost is told: one short run costs too little to read


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
    floor: Callable[[Comparison], float] = lambda _: 0.0  # what matters not, in the figure's unit
    # the seconds in which an import is, whose spread is in no pair; None: the figure has none
    whole_s: Callable[[RunRecord], float | None] | None = None
    timed: bool = False  # about time: disturbed or interrupted runs do not count
    more_is_better: bool = False
    applies: Callable[[Workload], bool] = lambda _: True


def questions(workloads: list[Workload], *, pricing: Pricing, horizon: Horizon) -> list[Question]:
    """The questions of a sweep, in the order a reader asks them."""
    found = [w.metric for w in workloads if w.metric is not None]
    metrics = {metric.name: metric for metric in found if metric.compared}
    return [
        *(_score(metric) for metric in metrics.values()),
        *_to_target(workloads, horizon),
        _at_horizon(horizon),
        *_figures(pricing, horizon),
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
        floor=lambda comparison: comparison.floor_points if metric.comparison == "points" else 0.0,
        better=f"better in {metric.name}",
        more_is_better=metric.higher_is_better,
        explanation="At the last evaluation. Runs are paired by seed.",
        applies=lambda workload: workload.metric == metric,
    )


def _at_horizon(horizon: Horizon) -> Question:
    """The time that decides, unless there is a target."""

    def time(record: RunRecord) -> float | None:
        return horizon.time_s.get(record.run_id)

    measured = (
        "What you wait and pay for, from the start of a program of its own to its result. The "
        "import is the mean of several, timed apart."
    )
    projected = (
        "The faster framework trains so long, from the start of a program of its own; the other "
        "does as many steps. Projected: the fixed part of each run, its import included, plus its "
        "steady time per step, with the declared evaluations, times the steps."
    )
    return _ratio(
        key="horizon",
        title=f"Time {horizon.words}",
        unit="s",
        figure=time,
        whole_s=time,
        floor=lambda comparison: comparison.floor_s,
        better="faster",
        basis="projected" if horizon.is_projected else "measured",
        explanation=projected if horizon.is_projected else measured,
    )


def _figures(pricing: Pricing, horizon: Horizon) -> list[Question]:
    def cost(record: RunRecord) -> float | None:
        seconds = horizon.time_s.get(record.run_id)
        usd = None if seconds is None else cost_usd(record, pricing, seconds=seconds)
        return None if usd is None else RUNS * usd

    return [
        _ratio(
            key="total",
            title="Total time",
            unit="s",
            figure=lambda record: record.phases.total_s if record.phases else None,
            floor=lambda comparison: comparison.floor_s,
            better="faster",
            explanation="As run, from the start of the run's process, its imports already loaded, "
            "to its result.",
        ),
        _ratio(
            key="training",
            title="Training time alone",
            unit="s",
            figure=_training_s,
            floor=lambda comparison: comparison.floor_s,
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
            floor=lambda comparison: comparison.floor_mib,
            timed=False,
            better="leaner",
            explanation="Resident memory on the host: what the imports hold plus the largest "
            "increment of any phase.",
        ),
        _ratio(
            key="cost",
            title=f"Cost of 1,000 runs {horizon.words}",
            unit="US$",
            figure=cost,
            whole_s=lambda record: horizon.time_s.get(record.run_id),
            floor=lambda comparison: RUNS * comparison.floor_usd,
            better="cheaper",
            basis="projected",
            explanation=f"Time {horizon.words}, on this machine × the declared price. Both "
            "frameworks pay the same price on the same machine, so the ratio is that of the times.",
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
    floor: Callable[[Comparison], float] = lambda _: 0.0,
    whole_s: Callable[[RunRecord], float | None] | None = None,
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
        floor=floor,
        whole_s=whole_s,
        timed=timed,
        explanation=f"{explanation} Runs are paired by block.",
        applies=applies,
    )


def _positive(value: float | None) -> float | None:
    """The figure if it has a logarithm: a time of zero was not measured."""
    return value if value is not None and value > 0 else None


def _to_target(workloads: list[Workload], horizon: Horizon) -> list[Question]:
    def time(record: RunRecord) -> float | None:
        import_s = horizon.import_s.get(record.config.framework.name)
        return whole_time_to_target_s(record, import_s=import_s)

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
            title=f"Time to {targets.pop() if len(targets) == 1 else 'the target'}",
            unit="s",
            figure=time,
            whole_s=time,
            floor=lambda comparison: comparison.floor_s,
            better="faster",
            explanation="From the start of a program of its own, its import included, to the end "
            "of the first evaluation that reaches the target.",
            applies=lambda workload: workload.target is not None,
        )
    ]


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
