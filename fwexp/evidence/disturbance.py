"""Runs that look disturbed: they are named, and stay in the figures.

Leaving a run out for being slow would be picking the data; timing_validity.py excludes only the
times of runs known to have been disturbed.
"""

from datetime import datetime
from itertools import pairwise
from statistics import median

from fwexp.evidence.aggregate import FRAMEWORKS, NAMES, Run, Workload
from fwexp.evidence.statistics import MIN_PAIRS

SLOW_RATIO = 1.25  # against the median of the same workload and framework
APART_MIN = 10  # between the runs of a block, which are paired because they ran close together


def disturbances(workloads: list[Workload]) -> list[str]:
    """One sentence per oddly slow run and per block whose runs were far apart in time."""
    return slow_runs(workloads) + [text for w in workloads for text in _scattered_blocks(w)]


def slow_runs(workloads: list[Workload]) -> list[str]:
    """One sentence per oddly slow run."""
    return [text for w in workloads for name in FRAMEWORKS for text in _slow_runs(w, name)]


def _slow_runs(workload: Workload, framework: str) -> list[str]:
    rates = {
        run.seed: run.record.samples_per_s
        for run in workload.timed(framework)
        if run.record and run.record.samples_per_s
    }
    if len(rates) < MIN_PAIRS:
        return []
    usual = median(rates.values())
    return [
        f"{workload.label}, {NAMES[framework]}, seed {seed}: its steps took {usual / rate:.2f}× "
        f"the median of the {len(rates)} runs"
        for seed, rate in rates.items()
        if usual / rate > SLOW_RATIO
    ]


def _scattered_blocks(workload: Workload) -> list[str]:
    found = []
    for block in sorted({run.block for run in workload.runs if run.block is not None}):
        runs = [run for run in workload.runs if run.block == block]
        gap_min, machines = _longest_gap_min(runs), _machines(runs)
        if gap_min > APART_MIN:
            found.append(f"{workload.label}, block {block}: its runs are {gap_min:.0f} min apart")
        if len(machines) > 1:
            where = " and ".join(machines)
            found.append(f"{workload.label}, block {block}: its runs were on {where}")
    return found


def _machines(runs: list[Run]) -> list[str]:
    """By the scheduler's node name, or the host's: one machine class, several machines."""
    places = [run.record.environment for run in runs if run.record]
    return sorted({place.node or place.host for place in places})


def _longest_gap_min(runs: list[Run]) -> float:
    spans = sorted(
        (datetime.fromisoformat(r.started_at), datetime.fromisoformat(r.finished_at))
        for r in (run.record for run in runs)
        if r is not None
    )
    gaps = [(later[0] - earlier[1]).total_seconds() / 60 for earlier, later in pairwise(spans)]
    return max(gaps, default=0.0)
