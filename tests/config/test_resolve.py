"""What is left to the machine is filled in, in a new object."""

import os

import pytest

from fwexp.config import resolve as module
from fwexp.config.load import compose
from fwexp.config.resolve import resolve, usable_cores


def test_threads_default_to_the_cores() -> None:
    config = compose([])
    resolved = resolve(config, num_cores=3)
    assert resolved.hardware.num_threads == 3
    assert config.hardware.num_threads is None


def test_devices_share_the_cores() -> None:
    config = compose(["hardware.devices=2"])
    assert resolve(config, num_cores=5).hardware.num_threads == 2
    assert resolve(config, num_cores=1).hardware.num_threads == 1


def test_declared_threads_stay() -> None:
    config = compose(["hardware.num_threads=2"])
    assert resolve(config, num_cores=3) == config


def test_usable_cores_follow_the_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "cpu_quota", lambda: None)
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert usable_cores() == len(before)


@pytest.mark.parametrize(
    ("quota", "num_cores"), [(None, 4), (2.5, 2), (2.0, 2), (0.5, 1), (4.5, 4), (64.0, 4)]
)
def test_usable_cores_follow_the_quota(
    quota: float | None, num_cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "cpu_quota", lambda: quota)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    assert usable_cores() == num_cores
