"""Did the models learn? Every run's score against its sweep's quality target."""

from dataclasses import dataclass

from fwexp.evidence.aggregate import FRAMEWORKS, Workload


@dataclass(frozen=True, kw_only=True)
class QualityResult:
    """One framework's runs of one workload against the workload's quality target."""

    workload: str
    framework: str
    quality_target: float  # in the metric's own unit: 0.98 is an accuracy of 98 %
    baseline: str  # the trivial predictor that the quality target exceeds
    worst: float | None  # of the finished runs
    num_reached: int
    num_runs: int  # declared

    @property
    def holds(self) -> bool:
        """Whether every declared run finished and reached the quality target."""
        return self.num_reached == self.num_runs


def quality_results(workloads: list[Workload]) -> list[QualityResult]:
    """One per workload with a quality target and framework it was run with."""
    return [
        result
        for workload in workloads
        for framework in FRAMEWORKS
        if (result := _result(workload, framework))
    ]


def _result(workload: Workload, framework: str) -> QualityResult | None:
    training, metric = workload.config.training, workload.metric
    declared = [run for run in workload.runs if run.framework == framework]
    if training.quality_target is None or metric is None or not declared:
        return None
    records = [run.record for run in workload.used(framework) if run.record]
    scores = [record.score for record in records if record.score is not None]
    return QualityResult(
        workload=workload.label,
        framework=framework,
        quality_target=training.quality_target,
        baseline=training.baseline or "",
        worst=(min if metric.higher_is_better else max)(scores, default=None),
        num_reached=sum(metric.reaches(score, training.quality_target) for score in scores),
        num_runs=len(declared),
    )
