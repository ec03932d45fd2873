"""One framework's half of a certificate, in a process of its own: what it did, as arrays.

It builds through the registry and trains through the trainer's `fit`, as a run does. Torch goes
first; Keras is then given torch's state before each step, so that one step is compared at a time.
"""

import zlib
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp import data as datasets
from fwexp.config.load import from_plain
from fwexp.config.schema import Config, Schedule
from fwexp.models.initialization import Weights, generic_weights
from fwexp.runs.execute import make_job
from fwexp.runs.locks import device_lock, hold
from fwexp.runs.task import Tell
from fwexp.trainers import make_trainer
from fwexp.trainers.protocol import Job, Trainer

NUM_STEPS = 20
BATCH = 16
NUM_PIPELINE_BATCHES = 500
INSPECTORS = {"torch": "fwexp.parity.inspect_torch", "tf": "fwexp.parity.inspect_keras"}

Arrays = dict[str, NDArray[Any]]


def examine(arguments: dict[str, Any], _: dict[str, float], __: Tell) -> None:
    """Write what this side did to arguments["to"]; ["reference"] is torch's file, for Keras."""
    config = from_plain(arguments["config"])
    with hold(device_lock(config.hardware.name)):  # a timed run of another driver may have it
        if arguments["stage"] == "dtypes":
            found = _dtypes(config)
        else:
            found = _numbers(config, arguments["reference"])
    np.savez(Path(arguments["to"]), allow_pickle=False, **found)


def _numbers(config: Config, file: str | None) -> Arrays:
    reference = None if file is None else np.load(file)
    data = datasets.load(config.data)
    found = _as_a_run(make_job(config, data))
    small = _small_job(config, data)
    found |= _prefixed("float32", _forward(replace(small, dtype="float32"), config))
    found |= _prefixed("float64", _forward(small, config))
    return found | _steps(small, reference)


def _as_a_run(job: Job) -> Arrays:
    """The batches, the initial weights and the first evaluation of a run of this configuration."""
    trainer = make_trainer(job)
    variables = {name: v for name, v in trainer.state().items() if "/" not in name}
    found = _prefixed("initial", variables)  # slots, "kernel/m", are compared step by step
    found["first evaluation"] = trainer.predict(job.data.test.inputs)
    for k, (inputs, targets) in zip(range(NUM_PIPELINE_BATCHES), trainer.batches(), strict=False):
        arrays = {**inputs, "targets": targets}
        found |= {f"batch/{k + 1}/{name}": _fingerprint(a) for name, a in arrays.items()}
    return found


def _fingerprint(array: NDArray[Any]) -> NDArray[Any]:
    return np.array([f"{array.dtype} {array.shape}", f"crc {zlib.crc32(array.tobytes()):08x}"])


def _small_job(config: Config, data: datasets.DataSet) -> Job:
    """Twenty small steps with a changing learning rate, in float64, from generic weights."""
    training = replace(config.training, batch_size=BATCH, num_epochs=None, num_steps=NUM_STEPS)
    schedule = Schedule(name="cosine", warmup_fraction=0.2)
    train, test = data.train.first(NUM_STEPS * BATCH), data.test.first(4 * BATCH)
    small_data = replace(data, train=train, test=test)
    optimizer = replace(config.optimizer, schedule=schedule)
    job = make_job(replace(config, training=training, optimizer=optimizer), small_data)
    weights = generic_weights(job.spec.variables(), seed=config.seed)
    return replace(job, weights=weights, dtype="float64")


def _forward(job: Job, config: Config) -> Arrays:
    """Every block's output, the loss, the gradients and the evaluation, before any step."""
    inspector = import_module(INSPECTORS[config.framework.name])
    trainer = make_trainer(job)
    batch = next(trainer.batches())
    found: Arrays = {"evaluation": trainer.predict(job.data.test.inputs)}
    outputs = inspector.block_outputs(trainer, batch)
    found |= {f"block/{name}": value for name, (value, _) in outputs.items()}
    trainer.load_state(job.weights)
    loss, gradients = inspector.gradients(trainer, batch)
    return found | {"loss": np.array(loss)} | _prefixed("gradient", gradients)


class _LockStep:
    """Keeps the state after every step; takes another's state before it."""

    def __init__(self, trainer: Trainer, reference: Mapping[str, NDArray[Any]] | None) -> None:
        self.trainer = trainer
        self.reference = reference
        self.found: Arrays = {}

    def before_step(self, step: int) -> None:
        if self.reference is not None:
            self.trainer.load_state(state_of(self.reference, step))
        elif step == 0:
            self.found |= _prefixed("state/0", self.trainer.state())

    def after_step(self, step: int) -> None:
        self.found |= _prefixed(f"state/{step + 1}", self.trainer.state())


def _steps(job: Job, reference: Mapping[str, NDArray[Any]] | None) -> Arrays:
    trainer = make_trainer(job)
    lock_step = _LockStep(trainer, reference)
    trainer.fit(lock_step)
    losses = np.array(trainer.losses())
    evaluation = trainer.predict(job.data.test.inputs)
    return lock_step.found | {"losses": losses, "evaluation after": evaluation}


def _dtypes(config: Config) -> Arrays:
    """The dtype of every block's output at the runs' own precision and device."""
    data = datasets.load(config.data)
    trainer = make_trainer(make_job(config, data))
    inspector = import_module(INSPECTORS[config.framework.name])
    outputs = inspector.block_outputs(trainer, next(trainer.batches()))
    return {name: np.array(dtype) for name, (_, dtype) in outputs.items()}


def state_of(arrays: Mapping[str, NDArray[Any]], step: int) -> Weights:
    """The state before step `step`, of a side's file."""
    prefix = f"state/{step}/"
    names = [name for name in arrays if name.startswith(prefix)]
    return {name.removeprefix(prefix): arrays[name] for name in names}


def _prefixed(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    return {f"{prefix}/{name}": value for name, value in arrays.items()}
