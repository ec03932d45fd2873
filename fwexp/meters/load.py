"""What other processes do on a run's cores and GPUs while it trains."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from fwexp.meters.device_use import DeviceUse, device_use, num_foreign

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# The columns of a core's line in /proc/stat in which it was busy: user, nice, system, irq,
# softirq, steal. Idle and iowait are 4 and 5; the guests' are within user and nice.
BUSY = (1, 2, 3, 6, 7, 8)
OWN = slice(11, 15)  # of /proc/<pid>/stat after the name: user, system, the same of dead children


@dataclass(kw_only=True)
class Load:
    """What other processes did on the machine while the run trained."""

    num_cores: Annotated[int, Meta(ge=1)]  # that the run may use
    foreign_cores: (
        Annotated[float, Meta(ge=0, le=1e6)] | None
    )  # that others kept busy on average, at least; None: unknown
    foreign_device_processes: Annotated[int, Meta(ge=0)] | None = (
        None  # on its GPUs; None: it uses none, or unknown
    )
    unknown: str = ""  # on a GPU: why the number of processes is unknown


@dataclass(frozen=True, kw_only=True)
class _Reading:
    at_s: float
    busy_s: float  # of the usable cores, by any process
    own_s: float


class LoadMeter:
    """The load of other processes on the cores this one may use, from creation until `stop`.

    `before` is what was on the run's GPUs before it touched them, None if it uses none;
    `children` are the process ids of its other ranks; `root` is the folder that holds proc/.
    """

    def __init__(
        self,
        *,
        before: DeviceUse | None = None,
        children: Sequence[int] = (),
        root: Path = Path("/"),
    ) -> None:
        self._before = before
        self._own = (os.getpid(), *children)
        self._cores = os.sched_getaffinity(0)
        self._proc = root / "proc"
        self._start = self._read()
        self._end: _Reading | None = None

    def stop(self) -> None:
        self._end = self._read()

    def load(self) -> Load:
        """What was found; a run on GPUs must still hold them, as nvidia-smi is asked."""
        load = Load(num_cores=len(self._cores), foreign_cores=self._foreign_cores())
        if self._before is not None:
            after = device_use(num_devices=len(self._before.processes))
            try:
                load.foreign_device_processes = num_foreign(self._before, after, own=self._own)
            except LookupError as error:
                load.unknown = str(error)
        return load

    def _foreign_cores(self) -> float | None:
        start, end = self._start, self._end
        if start is None or end is None:
            return None
        busy_s, own_s = end.busy_s - start.busy_s, end.own_s - start.own_s
        # Each count may be a tick off, which is a lot in a training of a tenth of a second.
        doubt_s = (len(self._cores) + 2 * len(self._own)) / TICKS_PER_S
        if (
            busy_s + doubt_s < own_s / 2
        ):  # some sandboxes do not count core time; not a quiet machine
            return None
        return max(0.0, busy_s - own_s - doubt_s) / (end.at_s - start.at_s)

    def _read(self) -> _Reading | None:
        try:
            busy_s = _busy_s(self._proc / "stat", cores=self._cores)
            own_s = sum(_own_s(self._proc / str(pid) / "stat") for pid in self._own)
        except (OSError, LookupError):  # no such file, or no such core in it
            return None
        return _Reading(at_s=time.monotonic(), busy_s=busy_s, own_s=own_s)


def _busy_s(stat: Path, *, cores: set[int]) -> float:
    """Seconds these cores have been busy since the machine started."""
    lines = (line.split() for line in stat.read_text().splitlines())
    by_core = {words[0]: words for words in lines if words}
    return sum(int(by_core[f"cpu{core}"][i]) for core in cores for i in BUSY) / TICKS_PER_S


def _own_s(stat: Path) -> float:
    """CPU seconds of a process and of the children it has waited for."""
    try:
        words = stat.read_text().rpartition(")")[2].split()  # a command's name may contain spaces
    except FileNotFoundError:
        return 0.0  # it has ended: its parent's time includes it
    return sum(int(word) for word in words[OWN]) / TICKS_PER_S
