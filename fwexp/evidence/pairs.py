"""Pairs of one figure from both frameworks: scores by seed, times and memory by block."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import fmean

from fwexp.evidence.aggregate import FRAMEWORKS, NAMES, Run, Workload
from fwexp.evidence.statistics import Shared
from fwexp.store.record import RunRecord

Figure = Callable[[RunRecord], float | None]  # None: the run has no such figure


@dataclass(frozen=True, kw_only=True)
class Pair:
    key: int  # the seed, or the block's number
    torch: float
    tf: float


@dataclass(kw_only=True)
class Pairs:
    pairs: list[Pair] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)  # one sentence per incomplete pair
    num_disturbed: int = 0  # those with a disturbed or interrupted run
    shared: list[Shared] = field(default_factory=list)  # errors that all pairs have in common


def pair_by_seed(workload: Workload, figure: Figure) -> Pairs:
    """Both frameworks' figures at each seed."""
    return _pair(workload, figure, key=lambda run: run.seed, word="seed")


def pair_by_block(workload: Workload, figure: Figure, *, timed: bool = False) -> Pairs:
    """Both frameworks' figures in each block; several runs in a block are averaged.

    A `timed` figure is not taken from a run whose times do not count.
    """
    return _pair(workload, figure, key=lambda run: run.block, word="block", timed=timed)


def _pair(
    workload: Workload,
    figure: Figure,
    *,
    key: Callable[[Run], int | None],
    word: str,
    timed: bool = False,
) -> Pairs:
    result = Pairs(
        dropped=[f"{r.run_id} is not in any {word}" for r in workload.runs if key(r) is None]
    )
    for place in sorted({k for run in workload.runs if (k := key(run)) is not None}):
        runs = [run for run in workload.runs if key(run) == place]
        torch, tf = (_side(runs, figure, framework=name, timed=timed) for name in FRAMEWORKS)
        if torch is not None and tf is not None:
            result.pairs.append(Pair(key=place, torch=torch, tf=tf))
            continue
        sides = {"torch": torch, "tf": tf}
        lacking = " or ".join(NAMES[name] for name in FRAMEWORKS if sides[name] is None)
        found = [(r.framework, r.timing_problem) for r in runs if timed and r.timing_problem]
        disturbed = [f"{NAMES[framework]}: {problem}" for framework, problem in found]
        why = f" ({'; '.join(disturbed)})" if disturbed else ""
        result.dropped.append(f"{word} {place} has no {lacking} figure{why}")
        result.num_disturbed += bool(disturbed)
    return result


def _side(runs: list[Run], figure: Figure, *, framework: str, timed: bool) -> float | None:
    """The mean over a framework's runs; None if one of them lacks the figure."""
    own = [run for run in runs if run.framework == framework]
    figures = [
        figure(run.record) if run.record and not (timed and run.timing_problem) else None
        for run in own
    ]
    whole = [value for value in figures if value is not None]
    return fmean(whole) if whole and len(whole) == len(own) else None
