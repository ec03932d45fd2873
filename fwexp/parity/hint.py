"""One hint: a trap, and the failures that it explains."""

from collections.abc import Callable
from dataclasses import dataclass

from fwexp.parity.symptoms import Failure

Fits = Callable[[Failure], bool]


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A trap, and the failures that it explains; an empty field stands for any."""

    trap: str  # "{factor}": Keras's numbers are torch's times this
    stages: tuple[str, ...]
    layers: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    optimizers: tuple[str, ...] = ()
    fits: Fits = lambda _: True

    def explains(self, failure: Failure) -> bool:
        return (
            failure.stage.name in self.stages
            and (not self.layers or failure.layer in self.layers)
            and (not self.leaves or failure.leaf in self.leaves)
            and (not self.optimizers or failure.optimizer in self.optimizers)
            and self.fits(failure)
        )

    def told(self, failure: Failure) -> str:
        return self.trap.format(factor=f"{failure.factor:.4g}" if failure.factor else "")
