"""The length of training that a sweep speaks for, and every run's time at that length."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from fwexp.config.horizon import AS_RUN, format_horizon, horizon_s
from fwexp.config.schema import Comparison
from fwexp.evidence.aggregate import FRAMEWORKS, Workload
from fwexp.evidence.imports import import_samples, mean_imports
from fwexp.evidence.lengths import Lengths
from fwexp.evidence.pairs import pair_by_block
from fwexp.evidence.time_line import TimeLine, mean_line, time_line
from fwexp.store.record import RunRecord

Lines = dict[str, TimeLine]  # by run id


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """The declared length, and the times at it of the runs whose times count.

    A time is that of a program of its own, which imports its framework.
    """

    declared: str  # as in `comparison.horizon`
    imports: dict[str, list[float]]  # by framework: every import that was timed, in seconds
    import_s: dict[str, float]  # by framework: the mean, which every time is reckoned with
    time_s: dict[str, float]  # by run id, at the length
    lengths: list[Lengths]

    @property
    def words(self) -> str:
        """Of which runs it speaks: "as run, import included", or "in trainings of 1 hour"."""
        if self.is_projected:
            return f"in trainings of {format_horizon(self.declared)}"
        return "as run, import included"

    @property
    def is_projected(self) -> bool:
        """Whether it is another length than that of the runs."""
        return self.declared != AS_RUN


def horizon_of(workloads: list[Workload], comparison: Comparison) -> Horizon:
    """Every workload's times, at the length that the sweep declares."""
    imports = import_samples(workloads)
    import_s = mean_imports(imports)
    time_s: dict[str, float] = {}
    lengths = []
    for workload in workloads:
        lines = _lines(workload, import_s)
        if not lines:
            continue
        records = {run.run_id: run.record for run in workload.runs if run.record}
        num_steps = max(records[run_id].num_steps or 0 for run_id in lines)
        steps = steps_at(horizon_s(comparison.horizon), _mean_lines(workload, lines))
        torch, tf = _paired(workload, lines)
        time_s |= {
            run_id: line.at(steps) if steps else _as_run_s(records[run_id], import_s)
            for run_id, line in lines.items()
        }
        lengths.append(
            Lengths(
                workload=workload.label,
                confidence=comparison.confidence,
                num_steps=num_steps,
                steps_at_horizon=num_steps if steps is None else steps,
                torch=torch,
                tf=tf,
                imports=imports,
            )
        )
    return Horizon(
        declared=comparison.horizon,
        imports=imports,
        import_s=import_s,
        time_s=time_s,
        lengths=lengths,
    )


def steps_at(seconds: float | None, lines: Iterable[TimeLine]) -> float | None:
    """How many steps the faster framework does in that time, at least one; None without a time.

    The faster one at that length is the one that gets furthest: there the other is later.
    """
    return None if seconds is None else max(1.0, *(line.steps_in(seconds) for line in lines))


def _lines(workload: Workload, import_s: dict[str, float]) -> Lines:
    found = {
        run.run_id: time_line(run.record, import_s=import_s[framework])
        for framework in import_s
        for run in workload.timed(framework)
        if run.record
    }
    return {run_id: line for run_id, line in found.items() if line is not None}


def _mean_lines(workload: Workload, lines: Lines) -> list[TimeLine]:
    """One for each framework that has some."""
    sides = [
        [lines[run.run_id] for run in workload.timed(framework) if run.run_id in lines]
        for framework in FRAMEWORKS
    ]
    return [mean_line(side) for side in sides if side]


def _paired(workload: Workload, lines: Lines) -> tuple[list[TimeLine], list[TimeLine]]:
    """PyTorch's and TensorFlow's line in each block that has both."""
    fixed = _pairs(workload, lines, part="fixed_s")
    rates = _pairs(workload, lines, part="rate_s")
    torch, tf = [
        [
            TimeLine(fixed_s=one[side], rate_s=other[side])
            for one, other in zip(fixed, rates, strict=True)
        ]
        for side in (0, 1)
    ]
    return torch, tf


def _pairs(workload: Workload, lines: Lines, *, part: str) -> list[tuple[float, float]]:
    def figure(record: RunRecord) -> float | None:
        line = lines.get(record.run_id)
        return None if line is None else float(attrgetter(part)(line))

    return [(p.torch, p.tf) for p in pair_by_block(workload, figure, timed=True).pairs]


def _as_run_s(record: RunRecord, import_s: dict[str, float]) -> float:
    assert record.phases is not None  # it has a line
    return import_s[record.config.framework.name] + record.phases.total_s
