"""Pairs of one figure from both frameworks: scores by seed, times and memory by block."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import fmean

from fwexp.evidence.aggregate import FRAMEWORKS, NAMES, Run, Workload
from fwexp.evidence.failures import DIVERGED, how_failed
from fwexp.evidence.statistics import Shared
from fwexp.store.record import RunRecord

Figure = Callable[[RunRecord], float | None]  # None: the run has no such figure
RATIO_LEAST_SD = 0.001  # no time or size repeats to less than a thousandth


@dataclass(frozen=True, kw_only=True)
class Pair:
    key: int  # the seed, or the block's number
    torch: float
    tf: float


@dataclass(kw_only=True)
class Pairs:
    pairs: list[Pair] = field(default_factory=list)
    failed: list[Pair] = field(default_factory=list)  # a side failed: its figure is the worst
    dropped: list[str] = field(default_factory=list)  # one sentence per incomplete pair
    num_disturbed: int = 0  # those with a disturbed or interrupted run
    lacking: list[str] = field(default_factory=list)  # the frameworks without any figure
    least_sd: float = RATIO_LEAST_SD  # the least SD of the differences, in the tested unit
    shared: list[Shared] = field(default_factory=list)  # errors that all pairs have in common

    @property
    def ranked(self) -> list[Pair]:
        """All pairs, with the worst figure for every run that failed."""
        pairs = {pair.key: pair for pair in [*self.pairs, *self.failed]}
        return [pairs[key] for key in sorted(pairs)]


def pair_by_seed(workload: Workload, figure: Figure, *, worst: float | None = None) -> Pairs:
    """Both frameworks' figures at each seed."""
    return _pair(workload, figure, key=lambda run: run.seed, word="seed", worst=worst)


def pair_by_block(
    workload: Workload, figure: Figure, *, timed: bool = False, worst: float | None = None
) -> Pairs:
    """Both frameworks' figures in each block; several runs in a block are averaged.

    A `timed` figure is not taken from a run whose times do not count. `worst` is that of a run
    that failed, for tests of ranks; None where it has none.
    """
    return _pair(
        workload, figure, key=lambda run: run.block, word="block", timed=timed, worst=worst
    )


def _pair(
    workload: Workload,
    figure: Figure,
    *,
    key: Callable[[Run], int | None],
    word: str,
    timed: bool = False,
    worst: float | None,
) -> Pairs:
    result = Pairs(
        dropped=[f"{r.run_id} is not in any {word}" for r in workload.runs if key(r) is None]
    )
    without = set(FRAMEWORKS)
    for place in sorted({k for run in workload.runs if (k := key(run)) is not None}):
        runs = [run for run in workload.runs if key(run) == place]
        usable = [run for run in runs if how_failed(run, workload) != DIVERGED]
        torch, tf = (
            _side(runs, usable, figure, framework=name, timed=timed) for name in FRAMEWORKS
        )
        without -= {n for n, side in zip(FRAMEWORKS, (torch, tf), strict=True) if side is not None}
        lost = {run.framework for run in runs if how_failed(run, workload)}
        if lost and worst is not None:
            result.failed += _with_worst(place, torch, tf, lost=lost, worst=worst)
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
    result.lacking = [name for name in FRAMEWORKS if name in without]
    return result


def _with_worst(
    place: int, torch: float | None, tf: float | None, *, lost: set[str], worst: float
) -> list[Pair]:
    """The pair with the worst figure for what failed; none if the other side is lacking."""
    sides = {"torch": torch, "tf": tf} | dict.fromkeys(lost, worst)
    torch, tf = sides["torch"], sides["tf"]
    return [] if torch is None or tf is None else [Pair(key=place, torch=torch, tf=tf)]


def _side(
    runs: list[Run], usable: list[Run], figure: Figure, *, framework: str, timed: bool
) -> float | None:
    """The mean over a framework's runs; None if one of them lacks the figure or it is no number."""
    own = [run for run in runs if run.framework == framework]
    figures = [
        figure(run.record) if run.record and not (timed and run.timing_problem) else None
        for run in own
        if run in usable
    ]
    whole = [value for value in figures if value is not None and not math.isnan(value)]
    return fmean(whole) if whole and len(whole) == len(own) else None
