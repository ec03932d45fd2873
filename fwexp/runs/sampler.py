"""Which of a run's steps are audited, and their states, kept outside the timed part."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fwexp.config.schema import Config
from fwexp.models.initialization import Weights
from fwexp.store.array_file import ArrayWriter
from fwexp.store.audit import Samples
from fwexp.trainers.protocol import Recipe, Trainer
from fwexp.trainers.replicas import num_replicas

MAX_STEPS = 7
MAX_SHARE = 0.01  # of the run's time
FIRST_COST_S = 0.005  # a guess, until one is known
STATES_PER_STEP = 2  # before and after
BYTES_PER_WEIGHT = 3 * 4  # itself and two slots of the optimizer, at most, in float32
MIB = 2**20


class Sampler:
    """Keeps a trainer's state before and after the audited steps of one attempt at a run.

    The first of `steps` is always kept, the others as long as all of it takes at most a
    hundredth of the run's time so far.
    """

    def __init__(
        self,
        trainer: Trainer,
        samples: Samples,
        steps: list[int],
        *,
        elapsed_s: Callable[[], float],
        resumed_at: int = 0,
    ) -> None:
        self.trainer = trainer
        self.samples = samples
        self.elapsed_s = elapsed_s
        self.spent_s = 0.0
        self._cost_s = FIRST_COST_S  # of keeping one state
        self._always = {*steps[:1], *([resumed_at] if steps and resumed_at else [])}
        self._steps = {*steps, *self._always}
        self._open: set[int] = set()  # the state before is kept, that after it is still to come

    def wants(self, step: int) -> bool:
        """Whether a state is to be kept now, before this step."""
        return step - 1 in self._open or self._begins(step)

    def _begins(self, step: int) -> bool:
        if step not in self._steps:
            return False
        affordable_s = MAX_SHARE * self.elapsed_s()
        will_be_s = self.spent_s + STATES_PER_STEP * self._cost_s
        return step in self._always or will_be_s <= affordable_s

    def keep(self, step: int) -> None:
        """Keep the state before this step, which is the one after the step before it."""
        started = time.perf_counter()
        begins = self._begins(step)
        state = self.trainer.state()
        if step - 1 in self._open:
            _write(self.samples.after(step - 1), state)
            self._open.remove(step - 1)
        if begins:
            if not self.samples.before(step).exists():  # an interrupted attempt's counts
                _write(self.samples.before(step), state)
            self._open.add(step)
        self._cost_s = time.perf_counter() - started
        self.spent_s += self._cost_s

    def keep_for_next_attempt(self, step: int) -> None:
        """Keep the state that a checkpoint is made of, from which the next attempt must go on."""
        if self._steps:
            _write(self.samples.before(step), self.trainer.state())

    def keep_last(self) -> None:
        """Keep the weights and statistics of the last evaluation."""
        if self._steps:
            state = self.trainer.state()
            weights = {name: array for name, array in state.items() if "/" not in name}
            _write(self.samples.final, weights)


def _write(path: Path, state: Weights) -> None:
    """Whole or not at all; not awaited on the disk, which would take longer than all the rest."""
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(".partial")
    with ArrayWriter(partial) as file:
        file.add(state)
    partial.rename(path)


def steps_to_audit(recipe: Recipe, *, run_id: str) -> list[int]:
    """Steps to audit, counted from 0, in order of importance: a late one and the last, in either
    order; then those after an evaluation and around the end of an epoch, an early one, any.

    Drawn from the run's id; as many as `comparison.audit_mib` has room for.
    """
    config, num_steps = recipe.config, len(recipe.order)
    if num_replicas(config) > 1:  # a replica's statistics are those of its share
        return []
    rng = np.random.default_rng(list(hashlib.sha256(run_id.encode()).digest()))
    late, *others = _kinds(config, num_steps)
    ends = rng.permutation([int(rng.choice(late)), num_steps - 1]).tolist()
    drawn = [*ends, *(int(rng.choice(steps)) for steps in others if steps)]
    size = BYTES_PER_WEIGHT * sum(array.size for array in recipe.weights.values())
    room = int(config.comparison.audit_mib * MIB / (STATES_PER_STEP * size))
    return list(dict.fromkeys(drawn))[: min(MAX_STEPS, room)]


def _kinds(config: Config, num_steps: int) -> list[list[int]]:
    """The steps of each kind, late ones first. A schedule's last ones are left out: their rate is
    almost none, and shows little but what else is done to the weights."""
    last = max(1, round(0.95 * num_steps))
    evaluated = config.evaluation_steps
    epochs = list(range(config.steps_per_epoch, last, config.steps_per_epoch))
    return [
        list(range(min(last - 1, round(0.7 * num_steps)), last)),
        [step for step in evaluated if 0 < step < last],
        epochs,
        [step - 1 for step in epochs],
        list(range(min(10, last))),
        list(range(last)),
        list(range(last)),
    ]
