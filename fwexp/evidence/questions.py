"""The questions a comparison answers, and the figure of one run that each is about."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fwexp.evidence.cost import cost_usd
from fwexp.runs.record import RunRecord


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is compared; a `ratio` is TensorFlow's figure over PyTorch's, and less is better."""

    key: str
    title: str
    unit: str
    scale: str  # difference | ratio
    basis: str
    figure: Callable[[RunRecord], float | None]
    better: str  # the word for the one that wins
    explanation: str


def questions(*, target_accuracy: float | None, pricing: dict[str, Any]) -> list[Question]:
    """The questions of one sweep, in the order a reader asks them."""
    asked = [
        Question(
            key="accuracy",
            title="Accuracy on the test set",
            unit="%",
            scale="difference",
            basis="measured",
            figure=lambda record: None if record.accuracy is None else 100 * record.accuracy,
            better="more accurate",
            explanation="At the last evaluation. Runs are paired by seed.",
        ),
        _ratio(
            key="total",
            title="Total time",
            unit="s",
            figure=lambda record: record.phases.total_s if record.phases else None,
            better="faster",
            explanation="What you wait and pay for: from the start of the run's own process, with "
            "its imports already loaded, to its result.",
        ),
        _ratio(
            key="training",
            title="Time of the training alone",
            unit="s",
            figure=_training_s,
            better="faster",
            explanation="First steps (compilation, warm-up) and all the others; no evaluation.",
        ),
        _ratio(
            key="step",
            title="A training step, once warm",
            unit="ms",
            figure=_step_ms,
            better="faster",
            explanation="The speed that long trainings approach: first steps left out.",
        ),
        _ratio(
            key="memory",
            title="Peak memory",
            unit="MiB",
            figure=_peak_mib,
            better="leaner",
            explanation="Resident memory on the host: what the imports hold, and the largest "
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
    if target_accuracy is not None:
        asked.insert(1, _to_target(target_accuracy))
    return asked


def _ratio(
    *,
    key: str,
    title: str,
    unit: str,
    figure: Callable[[RunRecord], float | None],
    better: str,
    explanation: str,
    basis: str = "measured",
) -> Question:
    return Question(
        key=key,
        title=title,
        unit=unit,
        scale="ratio",
        basis=basis,
        figure=lambda record: _positive(figure(record)),
        better=better,
        explanation=f"{explanation} Runs are paired by block.",
    )


def _positive(value: float | None) -> float | None:
    """A figure that has a logarithm: a time of zero was not measured."""
    return value if value is not None and value > 0 else None


def time_to_target_s(record: RunRecord, target: float) -> float | None:
    """Training seconds until the first evaluation that reaches the target; infinite: never."""
    if not record.evaluations:
        return None
    reached = [e.train_s for e in record.evaluations if e.accuracy >= target]
    return min(reached, default=math.inf)  # a miss is a time without end, not a missing run


def _to_target(target: float) -> Question:
    return _ratio(
        key="target",
        title=f"Training time to {100 * target:g} % accuracy",
        unit="s",
        figure=lambda record: time_to_target_s(record, target),
        better="faster",
        explanation="Until the first evaluation that reaches the target; evaluations excluded.",
    )


def _thousandfold(value: float | None) -> float | None:
    """A thousand runs' figure: one short run costs too little to read."""
    return None if value is None else 1000 * value


def _training_s(record: RunRecord) -> float | None:
    phases = record.phases
    return None if phases is None else phases.first_steps_s + phases.steady_s


def _step_ms(record: RunRecord) -> float | None:
    if not record.samples_per_s:
        return None
    return 1000 * float(record.config["training"]["batch_size"]) / record.samples_per_s


def _peak_mib(record: RunRecord) -> float | None:
    memory = record.memory
    if memory is None:
        return None
    peaks = (memory.data_peak_mib, memory.build_peak_mib, memory.train_peak_mib)
    return memory.import_rss_mib + max(peaks)
