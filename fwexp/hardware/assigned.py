"""Which part of a machine this process was assigned; empty where it has the whole."""

import os


def assigned_cores() -> str:
    """The cores it may run on."""
    cores = sorted(os.sched_getaffinity(0))
    return "" if len(cores) == os.cpu_count() else str(cores)


def assigned_by(*variables: str) -> str:
    """The devices named by the first of these environment variables that is set."""
    return next((os.environ[name] for name in variables if os.environ.get(name)), "")
