"""How much of a run's cores other processes took while it trained."""

import os
from pathlib import Path

import pytest

from fwexp.meters import load as module
from fwexp.meters.load import TICKS_PER_S, LoadMeter
from fwexp.store.record import Load


class Machine:
    """A /proc of two usable cores and one that is not, and the clock."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.now_s = 0.0
        monkeypatch.setattr(module.os, "sched_getaffinity", lambda _: {0, 2})
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now_s)

    def tell(self, *, busy_s: tuple[float, float, float], own_s: dict[int, float]) -> None:
        """A seventh of a core's time in each of the kinds that count, as much in idle."""
        (self.root / "proc").mkdir(exist_ok=True)
        lines = ["cpu  1 1 1 1 1 1 1 1 0 0"]
        for core, seconds in enumerate(busy_s):
            kinds = [str(round(seconds * TICKS_PER_S / 6))] * 8
            lines.append(f"cpu{core} {' '.join(kinds)} 999 999")
        (self.root / "proc" / "stat").write_text("\n".join([*lines, "intr 5 0 0", ""]))
        for pid, seconds in own_s.items():
            (self.root / "proc" / str(pid)).mkdir(exist_ok=True)
            times = " ".join([str(round(seconds * TICKS_PER_S / 4))] * 4)
            words = f"{pid} (a name) with blanks) S 1 2 3 4 5 6 7 8 9 10 {times} 20 0"
            (self.root / "proc" / str(pid) / "stat").write_text(words)


def doubt_s(num_processes: int) -> float:
    """A tick for each of two cores, and for user and system time of each process."""
    return (2 + 2 * num_processes) / TICKS_PER_S


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_it_is_what_the_usable_cores_did_less_what_the_run_did(machine: Machine) -> None:
    machine.tell(busy_s=(600, 999, 1200), own_s={os.getpid(): 4})
    meter = LoadMeter(root=machine.root)
    machine.now_s = 10
    machine.tell(busy_s=(609, 0, 1206), own_s={os.getpid(): 12})
    meter.stop()
    machine.now_s = 99
    machine.tell(busy_s=(9000, 0, 9000), own_s={os.getpid(): 12})
    assert meter.load() == Load(
        num_cores=2, foreign_cores=pytest.approx((15 - 8 - doubt_s(1)) / 10)
    )


def test_the_runs_other_ranks_are_no_strangers(machine: Machine) -> None:
    machine.tell(busy_s=(0, 0, 0), own_s={os.getpid(): 0, 7: 0, 8: 0})
    meter = LoadMeter(children=[7, 8], root=machine.root)
    machine.now_s = 10
    machine.tell(busy_s=(9, 0, 9), own_s={os.getpid(): 4, 7: 4, 8: 4})
    meter.stop()
    assert meter.load().foreign_cores == pytest.approx((18 - 12 - doubt_s(3)) / 10)


def test_a_rank_that_has_ended_is_counted_with_its_parent(machine: Machine) -> None:
    machine.tell(busy_s=(0, 0, 0), own_s={os.getpid(): 4, 7: 4})
    meter = LoadMeter(children=[7], root=machine.root)
    machine.now_s = 10
    machine.tell(busy_s=(9, 0, 9), own_s={os.getpid(): 16})
    (machine.root / "proc" / "7" / "stat").unlink()
    meter.stop()
    assert meter.load().foreign_cores == pytest.approx((18 - 8 - doubt_s(2)) / 10)


def test_a_tick_or_two_are_no_load(machine: Machine) -> None:
    machine.tell(busy_s=(0, 0, 0), own_s={os.getpid(): 0})
    meter = LoadMeter(root=machine.root)
    machine.now_s = 0.05
    machine.tell(busy_s=(0.06, 0, 0), own_s={os.getpid(): 0.04})
    meter.stop()
    assert meter.load().foreign_cores == 0


def test_rounding_makes_no_negative_load(machine: Machine) -> None:
    machine.tell(busy_s=(0, 0, 0), own_s={os.getpid(): 0})
    meter = LoadMeter(root=machine.root)
    machine.now_s = 10
    machine.tell(busy_s=(3, 0, 3), own_s={os.getpid(): 8})
    meter.stop()
    assert meter.load().foreign_cores == 0


def test_a_machine_that_does_not_count_is_not_called_quiet(machine: Machine) -> None:
    machine.tell(busy_s=(0, 0, 0), own_s={os.getpid(): 0})
    meter = LoadMeter(root=machine.root)
    machine.now_s = 10
    machine.tell(busy_s=(0, 0, 0), own_s={os.getpid(): 8})
    meter.stop()
    assert meter.load() == Load(num_cores=2, foreign_cores=None)


def test_without_counters_nothing_is_known(machine: Machine) -> None:
    meter = LoadMeter(root=machine.root)
    meter.stop()
    assert meter.load() == Load(num_cores=2, foreign_cores=None)


def test_this_machine_is_metered() -> None:
    meter = LoadMeter()
    sum(number * number for number in range(10_000_000))
    meter.stop()
    load = meter.load()
    assert load.num_cores == len(os.sched_getaffinity(0))
    assert load.foreign_cores is not None
    assert 0 <= load.foreign_cores <= load.num_cores + 1  # a tick more, in so short a time
