"""Fills in what a configuration leaves to the machine."""

import math
import os
from dataclasses import replace

from fwexp.config.quota import cpu_quota
from fwexp.config.schema import Config


def usable_cores() -> int:
    """The number of cores this process may use, which a container or scheduler may limit.

    A quota of 2.5 cores gives 2: a third thread would be stopped half the time.
    """
    num_cores, quota = len(os.sched_getaffinity(0)), cpu_quota()
    return num_cores if quota is None else max(1, min(num_cores, math.floor(quota)))


def resolve(config: Config, *, num_cores: int) -> Config:
    """A new configuration with nothing left to the machine.

    Threads default to the cores, divided among the node's devices.
    """
    num_threads = config.hardware.num_threads or max(1, num_cores // config.hardware.devices)
    return replace(config, hardware=replace(config.hardware, num_threads=num_threads))
