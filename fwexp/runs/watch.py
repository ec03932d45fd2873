"""What looks on while a trainer fits: it times the steps and evaluates at the declared ones."""

import math

from fwexp.meters.clock import StepClock
from fwexp.runs.record import Evaluation
from fwexp.runs.task import Progress, Tell
from fwexp.trainers.protocol import Job, Trainer
from fwexp.trainers.schedule import evaluation_steps


class Watch:
    """Times the steps and evaluates at the declared ones."""

    def __init__(self, trainer: Trainer, job: Job, tell: Tell) -> None:
        self.trainer = trainer
        self.job = job
        self.evaluations: list[Evaluation] = []
        num_steps = len(job.order)
        num_train = len(job.data.train)
        self._due = set(
            evaluation_steps(job.config.training, num_train=num_train, num_steps=num_steps)
        )
        self._progress = Progress(tell, num_steps=num_steps)
        self.clock = StepClock(num_steps)

    def before_step(self, step: int) -> None:
        if step == 0:
            self._evaluate(0)

    def after_step(self, step: int) -> None:
        done = step + 1
        if done in self._due:
            self.trainer.synchronize()
        self.clock.end_step(step)
        if done in self._due:
            self._evaluate(done)
        self._progress.step(done)

    def _evaluate(self, step: int) -> None:
        self.clock.pause()
        scores = self.job.task.evaluate(self.trainer.predict, self.job.data)
        self.evaluations.append(Evaluation(step=step, train_s=self.clock.train_s, scores=scores))
        self.clock.resume()


def check_finite(losses: list[float], evaluations: list[Evaluation]) -> None:
    """A run whose loss is no number has not trained: it fails, whatever its last score."""
    of_steps = (("training", step, loss) for step, loss in enumerate(losses, start=1))
    of_tests = (("test", evaluation.step, evaluation.scores["loss"]) for evaluation in evaluations)
    for kind, step, loss in (*of_steps, *of_tests):
        if not math.isfinite(loss):
            raise ArithmeticError(
                f"the {kind} loss is {loss} at step {step}; try a smaller optimizer.learning_rate"
            )
