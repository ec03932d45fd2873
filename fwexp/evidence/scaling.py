"""Scaling efficiency: the speed on n devices over n times the speed on one."""

import math
from dataclasses import dataclass, replace
from statistics import fmean

from fwexp.config.schema import Config
from fwexp.evidence.aggregate import FRAMEWORKS, Workload
from fwexp.evidence.statistics import MIN_PAIRS, Interval, mean_interval

WHOLE, SHARE = "in total", "per device"  # which batch is the same as on one device


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """One framework's efficiency on one workload; 1 is a speed-up equal to the device count."""

    workload: str
    framework: str
    num_replicas: int
    batch: str  # in total (strong scaling) or per device (weak)
    efficiencies: list[float]  # one per seed
    estimate: float | None  # their geometric mean; None if no seed has both speeds
    interval: Interval | None  # of that mean; None below MIN_PAIRS seeds


def scalings(workloads: list[Workload], *, confidence: float) -> list[Scaling]:
    """One per workload on several devices, framework and kind of batch for which the sweep has the
    same training on one device. Runs are paired by seed."""
    return [
        _scaling(workload, one, framework, batch, confidence=confidence)
        for workload in workloads
        for batch in (WHOLE, SHARE)
        if (one := _on_one_device(workload, workloads, batch=batch))
        for framework in FRAMEWORKS
        if any(run.framework == framework for run in workload.runs)
    ]


def replicas_of(workload: Workload) -> int:
    """The number of devices on all nodes."""
    return workload.config.hardware.devices * workload.config.hardware.nodes


def _on_one_device(workload: Workload, others: list[Workload], *, batch: str) -> Workload | None:
    """The workload that is the same on one device; on a CPU the devices share the threads."""
    num_replicas = replicas_of(workload)
    size = workload.config.training.batch_size
    wanted = size if batch == WHOLE else size // num_replicas
    if num_replicas == 1:
        return None
    found = [
        other
        for other in others
        if replicas_of(other) == 1
        and other.config.training.batch_size == wanted
        and _rest(other) == _rest(workload)
    ]
    threads = workload.config.hardware.num_threads
    same = [other for other in found if other.config.hardware.num_threads == threads]
    return next(iter(same or found), None)


def _rest(workload: Workload) -> Config:
    """All but the number of devices, of threads and of samples in a batch."""
    config = workload.config
    hardware = replace(config.hardware, devices=1, nodes=1, num_threads=None)
    return replace(config, hardware=hardware, training=replace(config.training, batch_size=1))


def _scaling(
    several: Workload, one: Workload, framework: str, batch: str, *, confidence: float
) -> Scaling:
    base, speeds = _speeds(one, framework), _speeds(several, framework)
    num_replicas = replicas_of(several)
    found = [speeds[seed] / (num_replicas * base[seed]) for seed in speeds if seed in base]
    logs = [math.log(efficiency) for efficiency in found]
    interval = None
    if len(logs) >= MIN_PAIRS:
        of_logs = mean_interval(logs, confidence=confidence)
        interval = Interval(
            low=math.exp(of_logs.low), high=math.exp(of_logs.high), confidence=confidence
        )
    return Scaling(
        workload=several.label,
        framework=framework,
        num_replicas=num_replicas,
        batch=batch,
        efficiencies=found,
        estimate=math.exp(fmean(logs)) if logs else None,
        interval=interval,
    )


def _speeds(workload: Workload, framework: str) -> dict[int, float]:
    """Samples per second once warm, by seed, of the runs whose times count."""
    return {
        run.seed: run.record.samples_per_s
        for run in workload.timed(framework)
        if run.record and run.record.samples_per_s
    }
