"""One framework's half of a certificate, in a process of its own: what it did, as arrays.

It builds through the registry and trains through the trainer's `fit`, as a run does. Torch goes
first; Keras is then given torch's state before each step, so that one step is compared at a time.
"""

import zlib
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.plain import from_plain
from fwexp.config.schema import Config, Schedule
from fwexp.data import dataset
from fwexp.models.initialization import Weights, generic_weights
from fwexp.parity.stand_in import cut_images, stand_in_of
from fwexp.processes.locks import device_lock, hold
from fwexp.processes.messages import Tell
from fwexp.runs.recipe import make_recipe
from fwexp.store.array_file import ArrayFile, ArrayWriter
from fwexp.trainers.protocol import Recipe, Trainer
from fwexp.trainers.registry import make_trainer
from fwexp.trainers.replicas import on_one_device

NUM_STEPS = 20
NUM_PIPELINE_BATCHES = 500
INSPECTORS = {"torch": "fwexp.parity.inspect_torch", "tf": "fwexp.parity.inspect_keras"}

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How many samples a side takes."""

    batch: int
    num_steps: int
    num_test: int


NORMAL = Extent(batch=16, num_steps=NUM_STEPS, num_test=64)
FULL = Extent(batch=2, num_steps=1, num_test=2)  # of a model that has a stand-in


def examine(arguments: dict[str, Any], _: dict[str, float], __: Tell) -> None:
    """Write what this side did to arguments["to"]; ["reference"] is torch's file, for Keras."""
    config = on_one_device(from_plain(arguments["config"], Config))
    free = hold(device_lock(config.hardware))  # a timed run of another driver may have it
    with free, ArrayWriter(Path(arguments["to"])) as file:
        _examine(arguments["stage"], config, arguments["reference"], file)


def _examine(stage: str, config: Config, reference: str | None, file: ArrayWriter) -> None:
    data = dataset.load(config.data)
    if stage == "dtypes":
        file.add(_dtypes(config, data))
    elif stage == "drift":
        file.add(_drift(config, data))
    elif stage == "full size":
        _full_size(config, data, file)
    else:
        assert stage in ("numbers", "stand-in")
        smaller = stand_in_of(config) if stage == "stand-in" else None
        if smaller is not None:
            config, data = smaller, cut_images(data, shape=smaller.data.image_shape)
        _numbers(config, data, reference, file)


def _numbers(
    config: Config, data: dataset.DataSet, reference: str | None, file: ArrayWriter
) -> None:
    file.add(_as_a_run(make_recipe(config, data)))
    small = _small_recipe(config, data, NORMAL)
    file.add(_outputs(replace(small, dtype="float32"), config), under="float32")
    file.add(_outputs(small, config), under="float64")
    file.add(_gradients(small, config), under="float64")
    _steps(small, reference, file)


def _full_size(config: Config, data: dataset.DataSet, file: ArrayWriter) -> None:
    """All that needs no step, on two samples. Each part's arrays are dropped before the next's."""
    # sgd keeps no slots, which would be as large again as the model, or twice
    config = replace(config, optimizer=replace(config.optimizer, name="sgd"))
    file.add(_as_a_run(make_recipe(config, replace(data, test=data.test.first(FULL.num_test)))))
    small = _small_recipe(config, data, FULL)
    file.add(_outputs(replace(small, dtype="float32"), config), under="float32")
    file.add(_outputs(small, config), under="float64")
    file.add(_gradients(small, config), under="float64")


def _as_a_run(recipe: Recipe) -> Arrays:
    """The batches, the initial weights and the first evaluation of a run of this configuration."""
    trainer = make_trainer(recipe)
    variables = {name: v for name, v in trainer.state().items() if "/" not in name}
    found = _prefixed("initial", variables)  # slots, "kernel/m", are compared step by step
    found["first evaluation"] = trainer.predict(recipe.data.test.inputs)
    for k, (inputs, targets) in zip(range(NUM_PIPELINE_BATCHES), trainer.batches(), strict=False):
        arrays = {**inputs, "targets": targets}
        found |= {f"batch/{k + 1}/{name}": _fingerprint(a) for name, a in arrays.items()}
    return found


def _fingerprint(array: NDArray[Any]) -> NDArray[Any]:
    return np.array([f"{array.dtype} {array.shape}", f"crc {zlib.crc32(array.tobytes()):08x}"])


def _small_recipe(config: Config, data: dataset.DataSet, extent: Extent) -> Recipe:
    """Small steps with a changing learning rate, in float64, from generic weights."""
    batch, num_steps = extent.batch, extent.num_steps
    training = replace(config.training, batch_size=batch, num_epochs=None, num_steps=num_steps)
    schedule = Schedule(name="cosine", warmup_fraction=0.2)
    train, test = data.train.first(num_steps * batch), data.test.first(extent.num_test)
    small_data = replace(data, train=train, test=test)
    optimizer = replace(config.optimizer, schedule=schedule)
    recipe = make_recipe(replace(config, training=training, optimizer=optimizer), small_data)
    weights = generic_weights(recipe.spec.variables(), seed=config.seed)
    return replace(recipe, weights=weights, dtype="float64")


def _outputs(recipe: Recipe, config: Config) -> Arrays:
    """Every block's output on the first batch, and the evaluation, before any step."""
    inspector = import_module(INSPECTORS[config.framework.name])
    trainer = make_trainer(recipe)
    found: Arrays = {"evaluation": trainer.predict(recipe.data.test.inputs)}
    outputs = inspector.block_outputs(trainer, next(trainer.batches()))
    return found | {f"block/{name}": value for name, (value, _) in outputs.items()}


def _gradients(recipe: Recipe, config: Config) -> Arrays:
    """The loss of the first batch and its gradients, before any step."""
    inspector = import_module(INSPECTORS[config.framework.name])
    trainer = make_trainer(recipe)
    loss, gradients = inspector.gradients(trainer, next(trainer.batches()))
    return {"loss": np.array(loss)} | _prefixed("gradient", gradients)


class _LockStep:
    """Keeps the state after every step; takes another's state before it."""

    def __init__(self, trainer: Trainer, reference: ArrayFile | None, file: ArrayWriter) -> None:
        self.trainer = trainer
        self.reference = reference
        self.file = file

    def before_step(self, step: int) -> None:
        if self.reference is not None:
            self.trainer.load_state(state_of(self.reference, step))
        elif step == 0:
            self.file.add(self.trainer.state(), under="state/0")

    def after_step(self, step: int) -> None:
        self.file.add(self.trainer.state(), under=f"state/{step + 1}")


def _steps(recipe: Recipe, reference: str | None, file: ArrayWriter) -> None:
    trainer = make_trainer(recipe)
    with nullcontext() if reference is None else ArrayFile(Path(reference)) as states:
        trainer.fit(_LockStep(trainer, states, file))
    losses = np.array(trainer.losses())
    evaluation = trainer.predict(recipe.data.test.inputs)
    file.add({"losses": losses, "evaluation after": evaluation})


def _dtypes(config: Config, data: dataset.DataSet) -> Arrays:
    """The dtype of every block's output at the runs' own precision and device."""
    training = replace(config.training, batch_size=FULL.batch, num_epochs=None, num_steps=1)
    trainer = make_trainer(make_recipe(replace(config, training=training), data))
    inspector = import_module(INSPECTORS[config.framework.name])
    outputs = inspector.block_outputs(trainer, next(trainer.batches()))
    return {name: np.array(dtype) for name, (_, dtype) in outputs.items()}


class _Unobserved:
    """Leaves a trainer alone."""

    def before_step(self, step: int) -> None: ...

    def after_step(self, step: int) -> None: ...


def _drift(config: Config, data: dataset.DataSet) -> Arrays:
    """The weights after the twenty steps where nobody copies a state across, in both dtypes; and
    after as many from weights that one rounding sets apart. For the proof: no certificate asks."""
    small = _small_recipe(config, data, NORMAL)
    apart = {name: np.nextafter(value, np.inf) for name, value in small.weights.items()}
    recipes = {
        "float64": small,
        "float32": replace(small, dtype="float32"),
        "apart": replace(small, weights=apart),
    }
    found: Arrays = {}
    for kind, recipe in recipes.items():
        trainer = make_trainer(recipe)
        trainer.fit(_Unobserved())
        found |= _prefixed(kind, {n: v for n, v in trainer.state().items() if "/" not in n})
    return found


def state_of(arrays: Mapping[str, NDArray[Any]], step: int) -> Weights:
    """The state before step `step`, of a side's file."""
    prefix = f"state/{step}/"
    names = [name for name in arrays if name.startswith(prefix)]
    return {name.removeprefix(prefix): arrays[name] for name in names}


def _prefixed(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    return {f"{prefix}/{name}": value for name, value in arrays.items()}
