"""Resident memory of this process, in MiB, from Linux's /proc."""

from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")


def rss_mib() -> float:
    """What the process holds now."""
    return _status_mib("VmRSS")


def reset_peak() -> None:
    """Let the peak start again from what the process holds now."""
    CLEAR_REFS.write_text("5")


def peak_mib() -> float:
    """The most the process has held since `reset_peak`."""
    return _status_mib("VmHWM")


def _status_mib(key: str) -> float:
    for line in STATUS.read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024  # "VmHWM:   123456 kB"
    raise LookupError(f"{STATUS} has no {key}")


class PeakMeter:
    """What each phase of a run adds, at its peak, to what a process held at its start.

    A forked process shares its imports with its server: their pages count for the server.
    """

    def __init__(self) -> None:
        self.baseline_mib = rss_mib()
        reset_peak()

    def lap(self) -> float:
        """MiB over the start, at the peak since the last lap."""
        peak = peak_mib() - self.baseline_mib
        reset_peak()
        return max(0.0, peak)
