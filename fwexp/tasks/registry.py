"""The tasks by name."""

from importlib import import_module

from fwexp.config.schema import Data
from fwexp.errors import ConfigError
from fwexp.tasks.task import Task

TASKS = {
    "forecast": "fwexp.tasks.forecast:Forecast",
    "recommendation": "fwexp.tasks.recommendation:Recommendation",
    "classification": "fwexp.tasks.classification:Classification",
    "throughput": "fwexp.tasks.throughput:Throughput",
    "throughput_recommendation": "fwexp.tasks.throughput:RecommendationThroughput",
    "throughput_translation": "fwexp.tasks.throughput:TranslationThroughput",
    "translation": "fwexp.tasks.translation:Translation",
    "language_model": "fwexp.tasks.language_model:LanguageModel",
}


def make_task(data: Data) -> Task:
    """The task of a data set; raises ConfigError, listing the tasks, for an unknown one."""
    if data.task not in TASKS:
        raise ConfigError([f"data.task={data.task}: tasks are {', '.join(sorted(TASKS))}"])
    module, name = TASKS[data.task].split(":")
    task: Task = getattr(import_module(module), name)(data)
    return task
