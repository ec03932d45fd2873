"""What a run keeps of some of its steps, and what the other framework found in replaying them."""

from dataclasses import dataclass, field
from pathlib import Path

from fwexp.store.quantities import Count, Difference, check_moment


@dataclass(frozen=True)
class Samples:
    """A run's folder of states: those before and after each audited step, and the last one."""

    path: Path

    def before(self, step: int) -> Path:
        """The state that step `step` was made from, counted from 0."""
        return self.path / f"{step}-before.npz"

    def after(self, step: int) -> Path:
        return self.path / f"{step}-after.npz"

    @property
    def final(self) -> Path:
        """The weights and statistics that the last evaluation is of."""
        return self.path / "final.npz"

    def steps(self) -> list[int]:
        """The steps whose states before and after are both there."""
        found = (int(path.name.partition("-")[0]) for path in self.path.glob("*-after.npz"))
        return sorted(step for step in found if self.before(step).exists())


@dataclass(kw_only=True)
class Check:
    """One comparison of the run with its replay."""

    what: str  # weights | optimizer state | statistics | loss | a metric's name
    step: Count  # optimizer steps done when it was compared
    difference: float  # relative norm; of a score, its difference
    bound: Difference  # what rounding explains
    where: str = ""  # the variable that has most of it

    @property
    def passed(self) -> bool:
        return self.difference <= self.bound  # False for NaN

    @property
    def share(self) -> float:
        """Of the bound."""
        if self.difference == 0.0:
            return 0.0
        return self.difference / self.bound if self.bound > 0 else float("inf")

    def text(self) -> str:
        """What differs, after which step and by how much."""
        where = f", most in {self.where}" if self.where else ""
        return (
            f"{self.what} after step {self.step} differs by {self.difference:.1e}, where rounding "
            f"explains {self.bound:.1e}{where}"
        )


@dataclass(kw_only=True)
class Audit:
    """A run's steps replayed, and its final weights scored, by the other framework."""

    run_id: str
    finished_at: str  # of the record that was audited
    certificate: str  # the key of the one that vouches for both implementations
    made_at: str  # ISO 8601, UTC
    steps: list[Count]  # that were replayed, from 0
    checks: list[Check] = field(default_factory=list)

    def check(self) -> None:
        """Raise ValueError for dates that are none."""
        check_moment(self.made_at)
        check_moment(self.finished_at)

    @property
    def failed(self) -> Check | None:
        """The first check that failed, by step."""
        failed = (check for check in self.checks if not check.passed)
        return min(failed, key=lambda check: check.step, default=None)
