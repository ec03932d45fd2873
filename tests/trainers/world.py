"""One small training on one device and on two, in float64: `python -m tests.trainers.world torch`.

What each gave is written to the folder named after the framework, a file a case and world.
"""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from fwexp.data import dataset
from fwexp.launch.combine import resolved
from fwexp.models.initialization import generic_weights
from fwexp.runs.nodes import find_node
from fwexp.runs.ranks import RankFailed, Unwatched, run_in_ranks
from fwexp.runs.recipe import make_recipe
from fwexp.tasks.numerics import IGNORED
from fwexp.trainers.protocol import Recipe
from fwexp.trainers.registry import make_trainer

IMAGES = ["data=synthetic", "data.image_shape=[16,16,3]", "data.num_classes=10"]
PAIRS = ["data=synthetic_pairs", "data.vocabulary_size=20", "data.target_length=6"]
CASES = {
    "mlp": [*IMAGES, "model=mlp", "optimizer=adamw"],
    "alexnet": [*IMAGES, "data.image_shape=[32,32,3]", "model=alexnet", "optimizer=momentum"],
    "gnmt": [*PAIRS, "data.sequence_length=5", "model=gnmt", "model.options.width=8"],
    "cnn": [*IMAGES, "model=cnn", "model.options.width=4", "model.options.depth=2"],
}
SMALL = {"alexnet": ["model.options.width=2", "model.options.dense_width=8"]}
NUM_STEPS = 5


def recipe(framework: str, case: str, *, devices: int) -> Recipe:
    """Five steps of eight samples, from generic weights; of a sentence some labels do not count."""
    config = resolved(
        [
            *[f"framework={framework}", f"hardware.devices={devices}"],
            *["hardware.num_threads=1", "training.batch_size=8", "training.num_epochs=null"],
            *[f"training.num_steps={NUM_STEPS}", "data.num_train=32", "data.num_test=6"],
            *CASES[case],
            *SMALL.get(case, []),
        ]
    )
    data = dataset.load(config.data)
    if case == "gnmt":
        lengths = np.random.default_rng(0).integers(1, 7, len(data.train))
        targets = np.where(np.arange(6) < lengths[:, None], data.train.targets, IGNORED)
        data = replace(data, train=replace(data.train, targets=targets))
    made = make_recipe(config, data)
    weights = generic_weights(made.spec.variables(), seed=3)
    return replace(made, weights=weights, dtype="float64")


def outcome(recipe: Recipe) -> dict[str, Any]:
    """The losses, the weights, the evaluation and what was used, after a fit."""
    trainer = make_trainer(recipe)
    trainer.fit(Unwatched())
    return {
        "losses": np.array(trainer.losses()),
        "evaluation": trainer.predict(recipe.data.test.inputs),
        "replicas": np.array(trainer.effective().num_replicas),
        "statistics": np.array(trainer.effective().batch_statistics),
        **{f"state/{name}": value for name, value in trainer.state().items()},
    }


def run_torch(case: str, devices: int) -> Mapping[str, Any]:
    """The first rank's outcome; the second's is the same to the last bit, but for what its own
    share alone has moved: BatchNorm's running statistics, which only an evaluation reads."""
    work = recipe("torch", case, devices=devices)
    config = work.config
    first, *others = run_in_ranks(config, find_node(config, run_id=""), lambda _: outcome(work))
    for other in others:
        same = [name for name in first if ".moving_" not in name and name != "evaluation"]
        assert all(np.array_equal(first[name], other[name]) for name in same)
    return first


def run_tf(case: str, devices: int) -> Mapping[str, Any]:
    return outcome(recipe("tf", case, devices=devices))


class Dies:
    """The observer of a rank that is killed in the middle of its training."""

    def before_step(self, step: int) -> None:
        if step == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    def after_step(self, step: int) -> None: ...


def death() -> str:
    """What is said where the second rank dies and the first waits for its gradients."""
    work = recipe("torch", "mlp", devices=2)

    def train(others: list[int]) -> None:
        make_trainer(work).fit(Unwatched() if others else Dies())

    try:
        run_in_ranks(work.config, find_node(work.config, run_id=""), train)
    except RankFailed as error:
        return str(error)
    return "nothing"


def main(framework: str, folder: Path) -> None:
    runs = [(case, devices) for case in CASES for devices in (1, 2)]
    if framework == "torch":
        import fwexp.trainers.torch_trainer

        found = [run_torch(case, devices) for case, devices in runs]
        (folder / "death.txt").write_text(death())
    else:
        import fwexp.trainers.keras_trainer  # noqa: F401  # imported once, started by none but the forks

        with get_context("fork").Pool(1, maxtasksperchild=1) as pool:
            found = pool.starmap(run_tf, runs, chunksize=1)
    for (case, devices), arrays in zip(runs, found, strict=True):
        np.savez(folder / f"{framework}-{case}-{devices}.npz", **arrays)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
