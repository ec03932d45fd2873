"""The import of a framework: a sample of its own, as all runs of a server share one."""

import math
from collections.abc import Iterable, Mapping
from statistics import fmean, stdev

from fwexp.evidence.aggregate import FRAMEWORKS, Run, Workload
from fwexp.evidence.statistics import Shared

Imports = Mapping[str, list[float]]  # by framework: the seconds of every import that was timed


def import_samples(workloads: Iterable[Workload]) -> dict[str, list[float]]:
    """Every import that the runs' records know, each once."""
    runs = [run for workload in workloads for run in workload.runs]
    return {name: _sample(run for run in runs if run.framework == name) for name in FRAMEWORKS}


def _sample(runs: Iterable[Run]) -> list[float]:
    records = [run.record for run in runs if run.record]
    known = [s for r in records for s in (r.import_s, *r.more_imports_s) if s is not None]
    return list(dict.fromkeys(known))


def mean_imports(imports: Imports) -> dict[str, float]:
    """The mean in seconds, for the frameworks of which one was timed."""
    return {framework: fmean(sample) for framework, sample in imports.items() if sample}


def shared_errors(imports: Imports, *, torch_s: float, tf_s: float) -> list[Shared]:
    """What the imports' spread adds to the logarithm of the ratio of these two times.

    No more runs reduce it: all use the same mean import. Nothing where only one was timed.
    """
    of_each = {"torch": torch_s, "tf": tf_s}
    return [
        Shared(error=stdev(sample) / math.sqrt(len(sample)) / of_each[name], df=len(sample) - 1)
        for name, sample in imports.items()
        if len(sample) > 1
    ]
