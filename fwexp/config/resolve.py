"""Fills in what a configuration leaves to the machine."""

import os
from dataclasses import replace

from fwexp.config.schema import Config


def usable_cores() -> int:
    """The number of cores this process may run on, which a container or Slurm may have cut."""
    return len(os.sched_getaffinity(0))


def resolve(config: Config, *, num_cores: int) -> Config:
    """A new configuration in which no value is left to the machine: threads default to cores."""
    num_threads = config.hardware.num_threads or num_cores
    return replace(config, hardware=replace(config.hardware, num_threads=num_threads))
