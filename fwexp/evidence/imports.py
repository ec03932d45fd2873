"""The import of a framework: a sample of its own, as all runs of a server share one."""

from collections.abc import Iterable
from itertools import cycle

from fwexp.evidence.aggregate import FRAMEWORKS, Run, Workload


def import_samples(workloads: Iterable[Workload]) -> dict[str, list[float]]:
    """By framework, the seconds of every import that its runs' records know, each once."""
    runs = [run for workload in workloads for run in workload.runs]
    return {name: _sample(run for run in runs if run.framework == name) for name in FRAMEWORKS}


def _sample(runs: Iterable[Run]) -> list[float]:
    records = [run.record for run in runs if run.record]
    known = [s for r in records for s in (r.import_s, *r.more_imports_s) if s is not None]
    return list(dict.fromkeys(known))


def deal_imports(workload: Workload, samples: dict[str, list[float]]) -> dict[str, float]:
    """By run id, one import each: a framework's runs take those of its sample in turn.

    So the import's spread is in the times, though the runs were forked from few servers.
    """
    found: dict[str, float] = {}
    for framework in FRAMEWORKS:
        runs = sorted(workload.timed(framework), key=lambda run: (run.block or 0, run.seed))
        found |= dict(zip((r.run_id for r in runs), cycle(samples[framework]), strict=False))
    return found
