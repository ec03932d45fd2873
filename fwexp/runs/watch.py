"""The observer of a trainer's fit: it times the steps, evaluates, and saves checkpoints."""

import math
import time

from fwexp.meters.clock import StepClock
from fwexp.processes.messages import Progress, Tell, is_asked_to_stop, stop_if_asked
from fwexp.runs.attempt import Attempt
from fwexp.runs.sampler import Sampler
from fwexp.store.checkpoint import Trained
from fwexp.store.record import Evaluation
from fwexp.trainers.protocol import Recipe, Trainer


class Watch:
    """Times the steps and evaluates at the declared ones; saves when it is due, or when a
    signal asks the run to stop, and then stops it. Without an attempt it saves nothing."""

    def __init__(
        self,
        trainer: Trainer,
        recipe: Recipe,
        tell: Tell,
        attempt: Attempt | None = None,
        sampler: Sampler | None = None,
    ) -> None:
        self.trainer = trainer
        self.recipe = recipe
        self.attempt = attempt
        self.sampler = sampler
        earlier = attempt.earlier if attempt else None
        before = earlier.trained if earlier else NOTHING
        self.first_step = len(before.losses)
        self.evaluations = list(before.evaluations)
        self.evaluation_s = before.evaluation_s
        self.checkpoint_s = before.checkpoint_s
        self.audit_s = before.audit_s
        self._losses_before = before.losses
        self._num_steps = len(recipe.order)
        self._due = set(recipe.config.evaluation_steps)
        self._progress = Progress(tell, num_steps=self._num_steps)
        every_min = recipe.config.launcher.checkpoint_every_min
        self._save_every_s = math.inf if every_min is None else 60 * every_min
        self._save_at = time.monotonic() + self._save_every_s
        self.clock = StepClock(self._num_steps, before=before.step_s)

    def trained(self) -> Trained:
        """The training's history so far, over all attempts."""
        losses = [*self._losses_before, *self.trainer.losses()]
        return Trained(
            losses=losses,
            step_s=self.clock.step_s[: len(losses)].tolist(),
            evaluations=self.evaluations,
            evaluation_s=self.evaluation_s,
            checkpoint_s=self.checkpoint_s,
            audit_s=self.audit_s,
        )

    def before_step(self, step: int) -> None:
        if step == self.first_step:
            self._begin(step)

    def after_step(self, step: int) -> None:
        done = step + 1
        evaluates, saves = done in self._due, self._saves(done)
        samples = self.sampler is not None and self.sampler.wants(done)
        if evaluates or saves or samples:
            self.trainer.synchronize()
        self.clock.end_step(step)
        if samples:  # before an evaluation: what that changes would show in the next step
            self._sample(done)
        if saves:  # before an evaluation, which may take longer than a cluster's notice
            self._save(done)
        if evaluates:
            self._evaluate(done)
        self._progress.step(done)

    def _begin(self, step: int) -> None:
        """Before this attempt's first step: there is nothing to save yet."""
        stop_if_asked(f" after step {step}")
        if self.attempt is not None:
            self.attempt.begin()
        if step > 0:
            self.clock.restart()
        if self.sampler is not None and self.sampler.wants(step):
            self._sample(step)
        if step in self._due and all(evaluation.step != step for evaluation in self.evaluations):
            self._evaluate(step)
            stop_if_asked(f" after step {step}")

    def _saves(self, done: int) -> bool:
        """Never after the last step: the record is about to be written."""
        due = is_asked_to_stop() or time.monotonic() >= self._save_at
        return due and done < self._num_steps

    def _sample(self, step: int) -> None:
        assert self.sampler is not None
        self.clock.pause()
        self.sampler.keep(step)
        self._leave_out(self.clock.resume())

    def _leave_out(self, audit_s: float) -> None:
        self.audit_s += audit_s
        if self.attempt is not None:
            self.attempt.timing.left_out_s += audit_s

    def _save(self, step: int) -> None:
        self.clock.pause()
        if self.attempt is not None:
            self.attempt.keep(self.trainer, self.trained())
        if self.sampler is not None and is_asked_to_stop():
            self.sampler.keep_for_next_attempt(step)
        self.checkpoint_s += self.clock.resume()
        stop_if_asked(f" after step {step}")
        self._save_at = time.monotonic() + self._save_every_s

    def _evaluate(self, step: int) -> None:
        self.clock.pause()
        scores = self.recipe.task.evaluate(self.trainer.predict, self.recipe.data)
        took_s = self.clock.resume()
        self.evaluations.append(
            Evaluation(step=step, train_s=self.clock.train_s, scores=scores, took_s=took_s)
        )
        self.evaluation_s += took_s


NOTHING = Trained(losses=[], step_s=[], evaluations=[], evaluation_s=0.0, checkpoint_s=0.0)


def check_finite(losses: list[float], evaluations: list[Evaluation]) -> None:
    """A run whose loss is not a number has not trained: it fails, whatever its last score."""
    of_steps = (("training", step, loss) for step, loss in enumerate(losses, start=1))
    of_tests = (("test", evaluation.step, evaluation.scores["loss"]) for evaluation in evaluations)
    for kind, step, loss in (*of_steps, *of_tests):
        if not math.isfinite(loss):
            raise ArithmeticError(
                f"the {kind} loss is {loss} at step {step}; try a smaller optimizer.learning_rate"
            )
