"""TensorFlow's time over PyTorch's for every length of training, and where the two cross."""

import math
from dataclasses import dataclass
from statistics import fmean

from fwexp.evidence.aggregate import NAMES
from fwexp.evidence.imports import Imports, shared_errors
from fwexp.evidence.statistics import MIN_PAIRS, Interval, Shared, mean_interval
from fwexp.evidence.time_line import TimeLine, crossover, mean_line, ratio_at

PER_DECADE = 20  # lengths at which the ratio is computed: each 12 % longer than the one before
NEITHER = "neither is shown to be faster, at one step or without end"
BEYOND = 100  # how far: times the longest length that is asked about


@dataclass(frozen=True, kw_only=True)
class RatioAt:
    """TensorFlow ÷ PyTorch at one length: geometric mean over blocks, paired t-interval."""

    steps: float  # infinite: the rates alone
    ratio: float
    interval: Interval | None  # None below MIN_PAIRS blocks

    @property
    def faster(self) -> str | None:
        """The framework that is shown to be faster, by however little."""
        if self.interval is None or self.interval.low <= 1 <= self.interval.high:
            return None
        return "torch" if self.interval.low > 1 else "tf"


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """One workload's times as lines, a pair for each block that has both frameworks."""

    workload: str
    confidence: float
    num_steps: int  # of the runs
    steps_at_horizon: float  # of the length that the sweep speaks for; at least 1
    torch: list[TimeLine]
    tf: list[TimeLine]
    imports: Imports  # whose mean is in every line's fixed part

    def at(self, steps: float) -> RatioAt:
        """The ratio at one length; there must be at least one block."""
        sides = zip(self.torch, self.tf, strict=True)
        logs = [math.log(ratio_at(steps, torch=torch, tf=tf)) for torch, tf in sides]
        interval = None
        if len(logs) >= MIN_PAIRS:
            shared = self._shared(steps)
            found = mean_interval(logs, confidence=self.confidence, shared=shared)
            low, high = math.exp(found.low), math.exp(found.high)
            interval = Interval(low=low, high=high, confidence=self.confidence)
        return RatioAt(steps=steps, ratio=math.exp(fmean(logs)), interval=interval)

    def _shared(self, steps: float) -> list[Shared]:
        if math.isinf(steps):
            return []
        torch_s, tf_s = mean_line(self.torch).at(steps), mean_line(self.tf).at(steps)
        return shared_errors(self.imports, torch_s=torch_s, tf_s=tf_s)

    def curve(self) -> list[RatioAt]:
        """The ratio from one step to far beyond the lengths asked about."""
        longest = BEYOND * max(self.num_steps, self.steps_at_horizon)
        num = math.ceil(PER_DECADE * math.log10(longest)) + 1
        return [self.at(10 ** (i / PER_DECADE)) for i in range(num)]

    def crossover(self) -> tuple[float, float] | None:
        """The steps and seconds at which the mean lines cross, where each framework is shown to be
        faster on its side; else None."""
        first, last = self.at(1).faster, self.at(math.inf).faster
        torch, tf = mean_line(self.torch), mean_line(self.tf)
        steps = crossover(torch=torch, tf=tf)
        if steps is None or first is None or last is None or first == last:
            return None
        return steps, torch.at(steps)

    def undecided(self) -> tuple[float, float] | None:
        """The shortest and the longest length at which neither is shown to be faster, if any."""
        found = [point.steps for point in self.curve() if point.faster is None]
        return (min(found), max(found)) if found else None

    def describe(self) -> str:
        """Who is shown to be faster at which length, in a clause; a number of steps is rounded."""
        if len(self.torch) < MIN_PAIRS:
            return f"too few pairs of runs: {len(self.torch)}, and {MIN_PAIRS} are needed"
        first, last = self.at(1).faster, self.at(math.inf).faster
        if first == last:
            return f"{NAMES[first]} is faster at every length" if first else NEITHER
        if crossing := self.crossover():
            steps, seconds = crossing
            where = f"{format_steps(steps)} (about {format_duration(seconds)})"
            return f"{_name(first)} is faster below about {where}, {_name(last)} above"
        shown = [point.steps for point in self.curve() if point.faster == (first or last)]
        if first:
            limit = format_steps(max(shown))
            return f"{NAMES[first]} is faster up to about {limit}; beyond, neither is shown to be"
        limit = format_steps(min(shown)) if shown else "some length"
        return f"{_name(last)} is faster from about {limit} on; below, neither is shown to be"


def _name(framework: str | None) -> str:
    return NAMES[framework or ""]


def format_steps(steps: float) -> str:
    """A number of steps in two significant digits: 4,200 steps."""
    rounded = round(steps, 1 - math.floor(math.log10(steps)))
    return "1 step" if rounded == 1 else f"{rounded:,.0f} steps"


def format_duration(seconds: float) -> str:
    """A time in two significant digits and the unit that fits it: 40 s, 12 min, 3.1 h."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= 2 * size or unit == "s":
            number = seconds / size
            return f"{number:.0f} {unit}" if number >= 10 else f"{number:.1f} {unit}"
    raise AssertionError
