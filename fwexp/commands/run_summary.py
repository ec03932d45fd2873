"""The summary at the end of a single run."""

import math
from pathlib import Path

from fwexp.config.schema import Pricing
from fwexp.evidence.cost import cost_usd, why_unpriced
from fwexp.evidence.timing_validity import timing_problem
from fwexp.evidence.to_target import time_to_target_s
from fwexp.store.record import RunRecord
from fwexp.tasks.metric import Metric


def print_summary(record: RunRecord, pricing: Pricing, folder: Path, *, is_new: bool) -> None:
    """Score, phases, throughput, memory, cost and the record's place, one line each."""
    lines = _failure(record) if record.failure else _figures(record, pricing)
    if not is_new:
        lines.insert(
            0, ("in the store", f"since {record.finished_at}; type seed=… or store=… for a new run")
        )
    lines.append(("record", str(folder / "record.json")))
    print(f"\n{record.run_id}")
    for title, words in lines:
        print(f"  {title:<13} {words}")


def _failure(record: RunRecord) -> list[tuple[str, str]]:
    assert record.failure is not None
    return [("FAILED", record.failure.text())]


def _figures(record: RunRecord, pricing: Pricing) -> list[tuple[str, str]]:
    assert record.phases
    assert record.memory
    assert record.score is not None
    phases, memory, metric = record.phases, record.memory, record.metric
    assert metric
    problem = timing_problem(record)
    others = {k: v for k, v in record.evaluations[-1].scores.items() if k != metric.name}
    told = [
        f"{metric.tell(record.score)} on {'the test set' if metric.compared else 'noise'}",
        *([_format_scores(others)] * bool(others)),
    ]
    lines = [
        ("score", "; ".join(told)),
        *_quality(record, metric),
        (
            "total",
            f"{phases.total_s:.2f} s (and {record.import_s:.1f} s to import, once per server)",
        ),
        (
            "phases",
            f"start {phases.start_s:.3f} s, data {phases.data_s:.3f} s, "
            f"build {phases.build_s:.2f} s, "
            f"first {record.num_first_steps} steps {phases.first_steps_s:.2f} s, "
            f"steady {phases.steady_s:.2f} s, evaluation {phases.evaluation_s:.2f} s"
            + (f", saving {phases.checkpoint_s:.2f} s" if phases.checkpoint_s else ""),
        ),
        (
            "throughput",
            f"{record.format_speed()} over the steady steps; "
            f"input {record.data_wait_ms_per_step:.3f} ms per step",
        ),
        (
            "memory",
            f"imports {memory.import_rss_mib:.0f} MiB; at its peak training adds "
            f"{memory.train_peak_mib:.0f} MiB",
        ),
        ("machine", f"{record.machine_class}, {_effective(record)}"),
        ("cost", _cost(record, pricing)),
        *([("note", f"{problem}: its times do not count in comparisons")] * bool(problem)),
    ]
    target = record.config.training.target
    return lines + ([("target", _target(record, metric, target))] if target is not None else [])


def _target(record: RunRecord, metric: Metric, target: float) -> str:
    seconds = time_to_target_s(record)
    if seconds is None or math.isinf(seconds):
        return f"{metric.tell(target)} was not reached"
    return f"{metric.tell(target)} after {seconds:.2f} s of training"


def _quality(record: RunRecord, metric: Metric) -> list[tuple[str, str]]:
    target, baseline = record.config.training.quality_target, record.config.training.baseline
    if target is None or record.score is None:
        return []
    reached = "reached" if metric.reaches(record.score, target) else "NOT reached"
    return [("quality", f"{metric.tell(target)}, above {baseline}: {reached}")]


def _format_scores(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in scores.items())


def _effective(record: RunRecord) -> str:
    found = record.effective
    assert found
    compiled = "compiled" if found.compiled else "not compiled"
    told = f"{found.compute_dtype}, {compiled}, {found.num_threads} threads"
    num_replicas = found.num_replicas
    return told if num_replicas == 1 else f"{told} per replica, {num_replicas} replicas"


def _cost(record: RunRecord, pricing: Pricing) -> str:
    usd = cost_usd(record, pricing)
    if usd is None:
        return f"unknown: {why_unpriced(pricing, machine_class=record.machine_class)}"
    rate = f"US$ {pricing.price_usd_per_hour:g} per hour ({pricing.source})"
    return f"US$ {usd:.6f}, projected: total × {rate}"
