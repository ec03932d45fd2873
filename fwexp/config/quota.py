"""The share of the processor that a container or service manager gives this process."""

from collections.abc import Iterator
from pathlib import Path


def cpu_quota(*, root: Path = Path("/")) -> float | None:
    """How many cores the strictest control group grants; None: no quota.

    `root` is the folder that holds proc/ and sys/.
    """
    own = root / "proc/self/cgroup"  # a system without it, such as macOS, has no quota
    mount = root / "sys/fs/cgroup"
    granted: list[float] = []
    for line in own.read_text().splitlines() if own.is_file() else []:
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            granted += [q for folder in _up(mount, group) for q in _version_2(folder)]
        elif "cpu" in controllers.split(","):
            granted += [q for folder in _up(mount / "cpu", group) for q in _version_1(folder)]
    return min(granted, default=None)


def _up(mount: Path, group: str) -> list[Path]:
    """The group's folder and its parents, whose quotas apply too. In a container the path may be
    the host's, which does not exist there; the mount itself is then the group."""
    inner = Path(group.lstrip("/"))
    return [mount / folder for folder in (inner, *inner.parents)]


def _version_2(folder: Path) -> Iterator[float]:
    file = folder / "cpu.max"
    if file.is_file():
        quota_us, period_us = file.read_text().split()
        if quota_us != "max":
            yield int(quota_us) / int(period_us)


def _version_1(folder: Path) -> Iterator[float]:
    quota, period = folder / "cpu.cfs_quota_us", folder / "cpu.cfs_period_us"
    if quota.is_file() and period.is_file():
        quota_us = int(quota.read_text())
        if quota_us > 0:  # -1: none
            yield quota_us / int(period.read_text())
