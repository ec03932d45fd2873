"""The processor's quota, as control groups of both versions tell it."""

from pathlib import Path

import pytest

from fwexp.config.quota import cpu_quota

V1 = "3:cpuset:/\n2:cpu,cpuacct:{}\n"
V2 = "0::{}\n"


def machine(folder: Path, groups: str, **files: str) -> Path:
    """A machine with these control groups; "/" stands in a file's name as "__"."""
    own = folder / "proc" / "self" / "cgroup"
    own.parent.mkdir(parents=True)
    own.write_text(groups)
    for name, text in files.items():
        path = folder / "sys" / "fs" / "cgroup" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("groups", "files", "quota"),
    [
        (V2.format("/"), {}, None),
        (V2.format("/"), {"cpu.max": "max 100000\n"}, None),
        (V2.format("/"), {"cpu.max": "150000 100000\n"}, 1.5),
        (V2.format("/of/the/host"), {"cpu.max": "150000 100000\n"}, 1.5),
        (V2.format("/a/b"), {"a__b__cpu.max": "max 100000\n", "a__cpu.max": "50000 100000\n"}, 0.5),
        (V2.format("/a"), {"a__cpu.max": "400000 100000\n", "cpu.max": "200000 100000\n"}, 2.0),
        (V2.format("/a"), {"other__cpu.max": "50000 100000\n"}, None),
        (
            V1.format("/"),
            {"cpu__cpu.cfs_quota_us": "-1\n", "cpu__cpu.cfs_period_us": "100000\n"},
            None,
        ),
        (
            V1.format("/job"),
            {"cpu__job__cpu.cfs_quota_us": "300000\n", "cpu__job__cpu.cfs_period_us": "100000\n"},
            3.0,
        ),
    ],
)
def test_the_strictest_quota_counts(
    tmp_path: Path, groups: str, files: dict[str, str], quota: float | None
) -> None:
    assert cpu_quota(root=machine(tmp_path, groups, **files)) == quota


def test_without_control_groups_there_is_no_quota(tmp_path: Path) -> None:
    assert cpu_quota(root=tmp_path) is None
