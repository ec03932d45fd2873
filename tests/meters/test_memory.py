"""The memory meter sees what a phase holds, at its peak."""

import mmap
import os
from pathlib import Path

import numpy as np

from fwexp.meters.memory import PeakMeter, peak_mib, reset_peak, rss_mib

SIZE_MIB = 50
SLACK_MIB = 2  # the kernel counts in batches, one a core


def take() -> None:
    np.ones(SIZE_MIB * 2**20, dtype=np.uint8).sum()  # written, so that it is really held


def test_a_phase_that_takes_50_mib_and_gives_them_back_is_seen() -> None:
    meter = PeakMeter()
    take()
    assert SIZE_MIB - SLACK_MIB < meter.lap() < SIZE_MIB + 10


def test_the_next_phase_does_not_inherit_the_peak() -> None:
    meter = PeakMeter()
    take()
    meter.lap()
    assert meter.lap() < SIZE_MIB / 2


def test_what_a_phase_keeps_counts_for_the_next_too() -> None:
    meter = PeakMeter()
    kept = np.ones(SIZE_MIB * 2**20, dtype=np.uint8)
    meter.lap()
    assert meter.lap() > SIZE_MIB - SLACK_MIB
    assert kept[-1] == 1


def test_pages_of_files_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "library"
    path.write_bytes(bytes(SIZE_MIB * 2**20))
    meter = PeakMeter()
    before = rss_mib()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as pages:
        sum(pages[:: mmap.PAGESIZE])
        assert rss_mib() > before + SIZE_MIB / 2
        assert meter.lap() < SIZE_MIB / 2


def test_the_peak_starts_again_where_it_is_reset() -> None:
    take()
    high = peak_mib()
    reset_peak()
    assert peak_mib() < high - SIZE_MIB / 2


def test_resident_memory_is_what_the_kernel_says() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    assert abs(rss_mib() - pages * os.sysconf("SC_PAGE_SIZE") / 2**20) < 20
