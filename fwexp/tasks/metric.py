"""A task's headline metric; imports no NumPy, since records and write-ups hold one too."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A task's headline metric, and how two values of it are compared."""

    name: str  # "accuracy"
    title: str  # "Accuracy on the test set"
    higher_is_better: bool
    comparison: Literal["points", "ratio"]  # a difference of points, or a ratio
    points: Annotated[float, Meta(gt=0, le=1e6)] = (
        1.0  # points in one whole: 100 where the value is a share
    )
    unit: str = ""  # of a value in points: "%"
    compared: bool = True  # False: it says nothing about how well a model learned

    def reaches(self, value: float, wanted: float) -> bool:
        """Whether a value is at least as good as the one wanted; NaN never is."""
        return value >= wanted if self.higher_is_better else value <= wanted

    def measures(self, value: float | None) -> bool:
        """Whether the value can be compared: a ratio needs one above 0."""
        return value is not None and (self.comparison == "points" or value > 0)

    def tell(self, value: float) -> str:
        """A value in words: 98.06 % accuracy, perplexity 22; no more digits than needed."""
        shown = self.points * value
        figure = f"{shown:.3g}" if abs(shown) < 1 else f"{shown:.2f}".rstrip("0").rstrip(".")
        return f"{figure} {self.unit} {self.name}" if self.unit else f"{self.name} {figure}"
