"""How the comparison of times depends on the length of training."""

import math
from functools import partial
from statistics import fmean

from fwexp.config.horizon import format_horizon
from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.assess import Evidence
from fwexp.evidence.horizon import Horizon
from fwexp.evidence.lengths import Lengths, format_steps
from fwexp.evidence.time_line import TimeLine, mean_line
from fwexp.writeup.length_chart import length_chart
from fwexp.writeup.numbers import format_interval, format_mean, format_ratio, percent, tell
from fwexp.writeup.section import Chart, Section, Table

LEAD = (
    "A run's time is a fixed part (import, start, data, build, and what compilation and warm-up "
    "cost) and a rate times its steps (a steady step, with its share of the declared evaluations). "
    "Short trainings compare the fixed parts, long ones the rates. Times are means over blocks, "
    "ratios are geometric ones, paired by block."
)


def lengths(evidence: Evidence) -> list[Section]:
    """The ratio of times at one step, as run, at the declared length and without end."""
    horizon, level = evidence.horizon, percent(evidence.manifest.comparison.confidence)
    compared = [found for found in horizon.lengths if found.torch]
    return [
        Section(
            key="lengths",
            title="Does it depend on how long you train?",
            basis="projected",
            lead=LEAD,
            table=Table(
                columns=[
                    "Workload",
                    "Length",
                    "Steps",
                    "PyTorch",
                    "TensorFlow",
                    "TensorFlow ÷ PyTorch",
                    f"{level} interval",
                ],
                figures=[2, 3, 4, 5, 6],
                rows=[row for found in compared for row in _rows(found, horizon)],
            ),
            points=[_tell(found) for found in compared],
            notes=_notes(horizon, level=level) if compared else [],
            chart=Chart(
                draw=partial(length_chart, evidence),
                caption="Line: the ratio at each length, with its interval over blocks. Grey band: "
                "ratios declared to count as the same. Dot: the runs themselves. Square: the "
                "length that this recommendation speaks for.",
            ),
        )
    ]


def _rows(found: Lengths, horizon: Horizon) -> list[list[str]]:
    places = {"one step": 1.0, "as run": float(found.num_steps)}
    if horizon.is_projected:
        places[format_horizon(horizon.declared)] = found.steps_at_horizon
    places["without end"] = math.inf
    return [_row(found, name, steps) for name, steps in places.items()]


def _row(found: Lengths, name: str, steps: float) -> list[str]:
    at = found.at(steps)
    return [
        found.workload,
        name,
        "∞" if math.isinf(steps) else f"{steps:,.0f}",
        *(_time(mean_line(lines), steps) for lines in (found.torch, found.tf)),
        format_ratio(at.ratio),
        format_interval(at.interval, ratio=True),
    ]


def _time(line: TimeLine, steps: float) -> str:
    if math.isinf(steps):
        return f"{tell(1000 * line.rate_s)} ms per step"
    return f"{tell(line.at(steps))} s"


def _tell(found: Lengths) -> str:
    """Both lines, and who is faster where."""
    sides = {"torch": found.torch, "tf": found.tf}
    lines = "; ".join(
        f"{NAMES[name]} {format_mean([line.fixed_s for line in side])} s + "
        f"{tell(1000 * fmean(line.rate_s for line in side))} ms per step"
        for name, side in sides.items()
    )
    return f"{found.workload}: {found.describe()}{_unsure(found)}. {lines}."


def _unsure(found: Lengths) -> str:
    """How far the crossing is uncertain."""
    if found.crossover() is None or (span := found.undecided()) is None:
        return ""
    low, high = (format_steps(steps) for steps in span)
    return f"; from about {low.removesuffix(' steps')} to {high} neither is shown to be"


def _notes(horizon: Horizon, *, level: str) -> list[str]:
    imports = "; ".join(
        f"{NAMES[name]} {format_mean(sample)} s ({_count(sample)})"
        for name, sample in horizon.imports.items()
        if sample
    )
    return [
        f"Imports: {imports}. Each was timed in a process of its own, outside of the runs. Every "
        "fixed part holds their mean; its ± is the standard deviation over blocks, without that of "
        "the imports. The intervals hold both.",
        f"Faster means: shown at {level} confidence at that length alone, by however little. The "
        "verdict is stricter: it asks for the margin, the floor, and a correction for several "
        "workloads.",
    ]


def _count(sample: list[float]) -> str:
    return (
        f"{len(sample)} imports"
        if len(sample) > 1
        else "1 import: its spread is unknown, and in no interval"
    )
