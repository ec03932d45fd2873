"""Why a run's times do not count: what happened to it, never how slow it was."""

from fwexp.hardware.table import HARDWARE
from fwexp.meters.load import Load
from fwexp.store.record import RunRecord

# Other processes may take this share of the cores that the run's threads need: background activity
# takes as much on a busy system; beyond it the run's times are no longer its own.
TOLERATED_SHARE = 0.15


def timing_problem(record: RunRecord) -> str:
    """What disturbed or interrupted the run; empty if its times count."""
    found = [f"interrupted at step {i.step}" for i in record.interruptions]
    if record.load is not None:
        found.append(_disturbed(record, record.load))
    return " and ".join(filter(None, found))


def _disturbed(record: RunRecord, load: Load) -> str:
    hardware = record.config.hardware
    kind = HARDWARE[hardware.name]
    if kind.metering == "nvidia-smi":
        num = load.foreign_device_processes or 0
        processes = "1 other process" if num == 1 else f"{num} other processes"
        return f"{processes} on its {kind.title}" if num else ""
    if kind.metering != "cores" or load.foreign_cores is None or record.effective is None:
        return ""
    threads = record.effective.num_threads * hardware.devices
    foreign = load.foreign_cores
    if not is_too_much(foreign, threads=threads, cores=load.num_cores):
        return ""
    own = "thread" if threads == 1 else "threads"
    return (
        f"other processes kept {foreign:.1f} of {load.num_cores} cores busy alongside its "
        f"{threads} {own}"
    )


def is_too_much(foreign_cores: float, *, threads: int, cores: int) -> bool:
    """Whether others took more than the cores that the run's threads leave idle plus a tolerated
    share of the threads' own: foreign > (cores - threads) + 0.15 threads."""
    return foreign_cores > max(0, cores - threads) + TOLERATED_SHARE * threads
