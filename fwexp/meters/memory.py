"""Resident memory of this process, in MiB, from Linux's /proc."""

from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")


def rss_mib() -> float:
    """What the process holds now."""
    return _status_mib("VmRSS")


def reset_peak() -> None:
    """Reset the peak to what the process holds now."""
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
    """What each phase of a run adds at its peak to what the process held at its start.

    File-backed pages are left out: a fork drops them and they return when touched. They are the
    libraries' code, which already counts with the server's imports.
    """

    def __init__(self) -> None:
        self._held_mib = rss_mib() - _file_mib()
        reset_peak()

    def lap(self) -> float:
        """MiB over the start, at the peak since the last lap."""
        added = peak_mib() - _file_mib() - self._held_mib
        reset_peak()
        return max(0.0, added)


def _file_mib() -> float:
    return _status_mib("RssFile")
