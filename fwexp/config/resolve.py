"""Fills in what a configuration leaves to the machine."""

import math
import os
from dataclasses import replace

from fwexp.config.quota import cpu_quota
from fwexp.config.schema import Config


def usable_cores() -> int:
    """The number of cores this process may run on, which a container or a scheduler may have cut.

    Of a quota of 2.5 cores it is 2: a third thread would be stopped half of the time.
    """
    num_cores, quota = len(os.sched_getaffinity(0)), cpu_quota()
    return num_cores if quota is None else max(1, min(num_cores, math.floor(quota)))


def resolve(config: Config, *, num_cores: int) -> Config:
    """A new configuration in which no value is left to the machine.

    Threads default to the cores, shared by the node's devices.
    """
    num_threads = config.hardware.num_threads or max(1, num_cores // config.hardware.devices)
    return replace(config, hardware=replace(config.hardware, num_threads=num_threads))
