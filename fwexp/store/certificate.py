"""The parity certificate: proof that a model's two implementations are one computation."""

import math
from dataclasses import dataclass, field

from fwexp.store.quantities import Count, Difference, check_moment


@dataclass(kw_only=True)
class Stage:
    """One comparison of the two implementations."""

    name: str  # data, parameters, initial weights, shapes, forward, gradients, …
    passed: bool
    difference: float  # the worst relative norm met; 0 for exact comparisons that hold
    tolerance: Difference
    where: str  # the block, parameter or step of the worst difference
    detail: str = ""  # what to look at if it failed


@dataclass(kw_only=True)
class Certificate:
    key: str  # hash of the configuration, the source digests and the versions
    passed: bool
    model: str
    optimizer: str
    data: str
    precision: str  # of the runs it certifies; the numeric stages run in float64 and float32
    num_parameters: Count
    stages: list[Stage] = field(default_factory=list)
    # By step, how far apart (relatively) the losses of two runs are that one rounding of the
    # weights set apart, in the framework where it is less, up to there.
    divergence: list[Difference] = field(default_factory=list)
    code_lines: dict[str, Count] = field(default_factory=dict)  # of torch.py, keras.py, and shared
    # what the two implementations do differently though they compute the same, in words
    declared_differences: list[str] = field(default_factory=list)
    stand_in: str = ""  # whose the locked steps are, where twenty of the model's own are too large
    versions: dict[str, str] = field(default_factory=dict)
    made_at: str = ""  # ISO 8601, UTC

    def check(self) -> None:
        """Raise ValueError unless its stages say what it says."""
        failed = [stage.name for stage in self.stages if not stage.passed]
        if not self.stages or self.passed == bool(failed):
            told = f"failed: {', '.join(failed)}" if failed else f"{len(self.stages)} passed"
            raise ValueError(f"it says passed={self.passed}, its stages {told}")
        for stage in self.stages:
            if stage.passed and not 0 <= stage.difference < math.inf:
                raise ValueError(f"its stage {stage.name} passed with {stage.difference}")
        if self.made_at:
            check_moment(self.made_at)
