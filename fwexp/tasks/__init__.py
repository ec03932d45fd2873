"""Tasks: what a model is trained for; the loss, metrics and unit of speed that go with it."""

from fwexp.tasks.registry import TASKS, make_task
from fwexp.tasks.task import Metric, Predict, Scores, Task

__all__ = ["TASKS", "Metric", "Predict", "Scores", "Task", "make_task"]
