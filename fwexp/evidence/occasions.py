"""On how many occasions the compared runs were made: what holds on one may not on the next."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

from fwexp.evidence.aggregate import Workload

APART = timedelta(hours=1)  # without a run of the workload: the machine may have changed since


def tell_occasions(workloads: Iterable[Workload]) -> str:
    """That runs were measured once, and what would show more; empty if all were several times."""
    once = [w.label for w in workloads if w.only is None and _num_occasions(w) == 1]
    if not once:
        return ""
    return (
        "Measured once: all its blocks ran on one occasion; type the command again with more seeds "
        "on another day to see whether it lasts."
    )


def _num_occasions(workload: Workload) -> int:
    """One, and one for each hour or more between two runs."""
    records = sorted(
        (run.record for run in workload.runs if run.record), key=lambda record: record.started
    )
    if not records:
        return 0
    return 1 + sum(later.started - one.finished >= APART for one, later in pairwise(records))
