"""Why a run's times do not count: what happened to it, and never how slow it was."""

from fwexp.hardware.table import HARDWARE
from fwexp.meters.load import Load
from fwexp.store.record import RunRecord

# Of the cores that the run's threads need, others may take this share: it is within what a busy
# system does by itself, and beyond it the run's times are no longer its own.
TOLERATED_SHARE = 0.15


def timing_problem(record: RunRecord) -> str:
    """What disturbed or interrupted the run; empty where its times count."""
    found = [f"interrupted at step {i.step}" for i in record.interruptions]
    if record.load is not None:
        found.append(_disturbed(record, record.load))
    return " and ".join(filter(None, found))


def _disturbed(record: RunRecord, load: Load) -> str:
    hardware = record.config.hardware
    kind = HARDWARE[hardware.name]
    if kind.metering == "nvidia-smi":
        num = load.foreign_device_processes or 0
        processes = "1 process" if num == 1 else f"{num} processes"
        return f"{processes} of others on its {kind.title}" if num else ""
    if kind.metering != "cores" or load.foreign_cores is None or record.effective is None:
        return ""
    threads = record.effective.num_threads * hardware.devices
    foreign = load.foreign_cores
    if not is_too_much(foreign, threads=threads, cores=load.num_cores):
        return ""
    own = "thread" if threads == 1 else "threads"
    return (
        f"other processes kept {foreign:.1f} of {load.num_cores} cores busy beside its "
        f"{threads} {own}"
    )


def is_too_much(foreign_cores: float, *, threads: int, cores: int) -> bool:
    """Whether others took more than the cores that a run's threads leave idle, and a tolerated
    part of the threads' own: foreign > (cores - threads) + 0.15 threads."""
    return foreign_cores > max(0, cores - threads) + TOLERATED_SHARE * threads
