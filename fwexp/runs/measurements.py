"""What a training leaves in its record and history."""

import hashlib

import numpy as np

from fwexp.meters.clock import num_first_steps
from fwexp.models.initialization import weights_sha256
from fwexp.runs.timing import Timing
from fwexp.store.checkpoint import Trained
from fwexp.store.record import History, Phases, RunRecord
from fwexp.trainers.protocol import Recipe, Trainer

MAX_DRAINED_BATCHES = 50


def measure(record: RunRecord, recipe: Recipe, trained: Trained, timing: Timing) -> None:
    """Put the training's measurements and hashes into the record."""
    step_s = np.array(trained.step_s)
    first = num_first_steps(step_s)
    steady_s = float(step_s[first:].sum())
    record.phases = Phases(
        start_s=timing.start_s,
        data_s=timing.data_s,
        build_s=timing.build_s,
        first_steps_s=float(step_s[:first].sum()),
        steady_s=steady_s,
        evaluation_s=trained.evaluation_s,
        checkpoint_s=trained.checkpoint_s,
        audit_s=trained.audit_s,
        total_s=timing.since_dispatch_s(),
    )
    record.num_steps = len(step_s)
    record.num_first_steps = first
    steady = recipe.order[first:]
    record.samples_per_s = steady.size / steady_s
    record.unit = recipe.task.unit
    record.units_per_s = recipe.task.num_units(recipe.data.train.targets[steady.ravel()]) / steady_s
    record.evaluations = trained.evaluations
    record.metric = recipe.task.metric
    record.score = trained.evaluations[-1].scores[recipe.task.metric.name]
    trainable = [name for name, v in recipe.spec.variables().items() if v.trainable]
    record.num_parameters = sum(recipe.weights[name].size for name in trainable)
    record.hashes = {
        "initial_weights": weights_sha256(recipe.weights),
        "order": _sha256(recipe.order),
        "learning_rates": _sha256(recipe.learning_rates),
    }


def data_wait_ms(trainer: Trainer, num_steps: int) -> float:
    """The input pipeline drained alone, after training: ms per batch."""
    return 1000 * trainer.drain(min(num_steps, MAX_DRAINED_BATCHES))


def history(recipe: Recipe, trained: Trained) -> History:
    """The training's series."""
    return History(
        loss=trained.losses,
        step_s=trained.step_s,
        learning_rate=recipe.learning_rates.tolist(),
    )


def _sha256(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
