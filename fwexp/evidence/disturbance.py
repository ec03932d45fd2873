"""Runs that look disturbed: they stay in the figures and are named, never quietly averaged.

To leave a run out because it is slow would be to choose the data; timing_validity.py leaves out the
times of those that are known to have been disturbed.
"""

from datetime import datetime
from itertools import pairwise
from statistics import median

from fwexp.evidence.aggregate import FRAMEWORKS, NAMES, Run, Workload
from fwexp.evidence.statistics import MIN_PAIRS

SLOW_RATIO = 1.25  # against the median of the same workload and framework
APART_MIN = 10  # between the runs of one block, which pairs them because they share their time


def disturbances(workloads: list[Workload]) -> list[str]:
    """One sentence for each run that is oddly slow and each block whose runs lie apart in time."""
    slow = [text for w in workloads for name in FRAMEWORKS for text in _slow_runs(w, name)]
    return slow + [text for w in workloads for text in _torn_blocks(w)]


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


def _torn_blocks(workload: Workload) -> list[str]:
    torn = []
    for block in sorted({run.block for run in workload.runs if run.block is not None}):
        runs = [run for run in workload.runs if run.block == block]
        gap_min, machines = _longest_gap_min(runs), _machines(runs)
        if gap_min > APART_MIN:
            torn.append(f"{workload.label}, block {block}: its runs lie {gap_min:.0f} min apart")
        if len(machines) > 1:
            where = " and ".join(machines)
            torn.append(f"{workload.label}, block {block}: its runs were on {where}")
    return torn


def _machines(runs: list[Run]) -> list[str]:
    """By the scheduler's name of the node, or the host's: of one class, but not one machine."""
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
