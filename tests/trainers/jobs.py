"""Small jobs on made-up images, for the tests of either trainer."""

from dataclasses import replace

import numpy as np

from fwexp.config.schema import Config
from fwexp.data import DataSet
from fwexp.launch.plan import resolved
from fwexp.runs.execute import make_job
from fwexp.trainers.protocol import Job

NUM_STEPS = 5


def small_job(framework: str, *overrides: str, precision: str = "fp32") -> Job:
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
    return make_job(config, noise(config))


def noise(config: Config) -> DataSet:
    rng = np.random.default_rng(0)
    return DataSet(
        name="noise",
        x_train=rng.normal(size=(50, 8, 8, 1)).astype(np.float32),
        y_train=rng.integers(0, 10, 50),
        x_test=rng.normal(size=(30, 8, 8, 1)).astype(np.float32),
        y_test=rng.integers(0, 10, 30),
        num_classes=config.data.num_classes,
        sha256="",
        source="",
        licence="",
    )


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
