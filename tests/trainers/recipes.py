"""Small jobs on made-up images, for the tests of either trainer."""

from dataclasses import replace

import numpy as np

from fwexp.data.dataset import DataSet, Split
from fwexp.launch.combine import resolved
from fwexp.runs.recipe import make_recipe
from fwexp.trainers.protocol import Recipe

NUM_STEPS = 5


def small_job(framework: str, *overrides: str, precision: str = "fp32") -> Recipe:
    """Five steps of a small model on 8×8 noise; a precision that the rules refuse may be given."""
    config = resolved(
        [
            *[f"framework={framework}", "data=digits", "hardware.num_threads=1"],
            *["model=cnn", "model.options.width=4", "model.options.depth=2"],
            *["training.batch_size=8", "training.num_epochs=null"],
            *[f"training.num_steps={NUM_STEPS}", *overrides],
        ]
    )
    config = replace(config, precision=replace(config.precision, name=precision))
    return make_recipe(config, noise())


def noise() -> DataSet:
    """50 and 30 images in ten classes."""
    rng = np.random.default_rng(0)
    return DataSet(
        name="noise",
        train=_images(rng, 50),
        test=_images(rng, 30),
        sha256="",
        source="",
        licence="",
    )


def _images(rng: np.random.Generator, num_samples: int) -> Split:
    images = rng.normal(size=(num_samples, 8, 8, 1)).astype(np.float32)
    return Split(inputs={"x": images}, targets=rng.integers(0, 10, num_samples))


def paired(recipe: Recipe) -> Recipe:
    """The recipe with a second input, of whole numbers: its pipeline, not its model."""
    train, test = (
        replace(
            s, inputs={**s.inputs, "tokens": np.arange(3 * len(s), dtype=np.int32).reshape(-1, 3)}
        )
        for s in (recipe.data.train, recipe.data.test)
    )
    return replace(recipe, data=replace(recipe.data, train=train, test=test))


# Logits (2, 2, 2) and labels (2, 2), of which two count: log 3 against 0 is 3/4, 0 against 0 1/2.
LOGITS = np.log(np.array([[[3.0, 1.0], [1e9, 1.0]], [[1.0, 1.0], [1.0, 1e9]]]))
IGNORING = np.array([[0, -1], [1, -1]])
CLICKS = np.array([[0.0], [np.log(3.0)], [-1e9], [np.log(3.0)]])  # a half, 3/4, none, 3/4
CLICKED = np.array([1, 1, 0, 0])
CLICK_LOSS = (np.log(2) + np.log(4 / 3) + 0 + np.log(4)) / 4
MASKED_LOSS = (np.log(4 / 3) + np.log(2)) / 2
ALL_LABELS = np.array([[0, 0], [1, 1]])
WHOLE_LOSS = MASKED_LOSS / 2  # the other two are certain: 1e-9


class Watch:
    """Notes what it is told, and what `look` sees after every step."""

    def __init__(self, look=lambda: None) -> None:
        self.look = look
        self.before: list[int] = []
        self.after: list[int] = []
        self.seen: list[object] = []

    def before_step(self, step: int) -> None:
        self.before.append(step)

    def after_step(self, step: int) -> None:
        self.after.append(step)
        self.seen.append(self.look())
