"""Did the models learn? Every run's score against the level that its sweep declared."""

from dataclasses import dataclass

from fwexp.evidence.aggregate import FRAMEWORKS, Workload


@dataclass(frozen=True, kw_only=True)
class Level:
    """One framework's runs of one workload, held against the workload's level."""

    workload: str
    framework: str
    level: float  # in the metric's own unit: 0.98 is an accuracy of 98 %
    baseline: str  # the simple way of answering that the level stands above
    worst: float | None  # score of the runs that ended
    num_reached: int
    num_runs: int  # declared

    @property
    def holds(self) -> bool:
        """Whether every declared run ended and reached the level."""
        return self.num_reached == self.num_runs


def levels(workloads: list[Workload]) -> list[Level]:
    """One for each workload that declares a level, and each framework it has runs of."""
    return [
        level
        for workload in workloads
        for framework in FRAMEWORKS
        if (level := _level(workload, framework))
    ]


def _level(workload: Workload, framework: str) -> Level | None:
    level, metric = workload.config["training"].get("level"), workload.metric
    declared = [run for run in workload.runs if run.framework == framework]
    if level is None or metric is None or not declared:
        return None
    records = [run.record for run in workload.used(framework) if run.record]
    scores = [record.score for record in records if record.score is not None]
    return Level(
        workload=workload.label,
        framework=framework,
        level=level,
        baseline=workload.config["training"]["baseline"],
        worst=(min if metric.higher_is_better else max)(scores, default=None),
        num_reached=sum(metric.reaches(score, level) for score in scores),
        num_runs=len(declared),
    )
