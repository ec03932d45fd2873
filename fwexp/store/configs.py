"""Whether a stored configuration can be read on: its values, and a length that can be counted."""

from dataclasses import replace

from fwexp.config.ranges import find_bad_values
from fwexp.config.schema import Config, Framework

MAX_STEPS = 10**9
MAX_EVALUATIONS = 10**5


def check_config(config: Config) -> None:
    """Raise ValueError for the first value of a run's configuration that none can have."""
    if problem := next(find_bad_values(config), None):
        raise ValueError(f"its configuration: {problem.removesuffix('.')}")
    epochs, steps = config.training.num_epochs, config.training.num_steps
    if (epochs is None) == (steps is None):
        raise ValueError("its configuration: training needs num_epochs or num_steps, not both")
    if max(epochs or 0, steps or 0) > MAX_STEPS or config.num_steps > MAX_STEPS:
        raise ValueError(f"its configuration: more than {MAX_STEPS:,} steps")
    every = config.training.evaluate_every_epochs * config.steps_per_epoch
    if config.num_steps / max(every, 1) > MAX_EVALUATIONS:
        raise ValueError(f"its configuration: more than {MAX_EVALUATIONS:,} evaluations")


def check_workload(config: Config) -> None:
    """The same of what two frameworks share: its framework is still open."""
    check_config(replace(config, framework=Framework(name="torch")))
