"""Two replicas train as one does at the same batch: Lightning's DDP, and MirroredStrategy.

Each framework trains in a process of its own (world.py), on this machine's loopback.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.trainers.world import CASES

pytestmark = pytest.mark.slow  # trains every model twice, once for all tests

FRAMEWORKS = ("torch", "tf")
Outcome = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("world")
    for framework in FRAMEWORKS:
        done = subprocess.run(
            [sys.executable, "-m", "tests.trainers.world", framework, str(found)],
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"},
        )
        assert done.returncode == 0, done.stderr[-5000:]
    return found


def outcome(folder: Path, framework: str, case: str, *, devices: int) -> Outcome:
    with np.load(folder / f"{framework}-{case}-{devices}.npz") as arrays:
        return dict(arrays)


def difference(first: Outcome, second: Outcome) -> float:
    """The largest of the arrays' relative norms."""
    assert first.keys() == second.keys()
    numbers = [name for name in first if first[name].dtype == np.float64]
    assert {"losses", "evaluation", "state/head.kernel"} & set(numbers) > {"losses"}
    return max(
        float(np.linalg.norm(first[name] - second[name]) / np.linalg.norm(first[name]))
        for name in numbers
    )


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("case", ["mlp", "alexnet", "gnmt"])
def test_two_devices_are_one_to_rounding(folder: Path, framework: str, case: str) -> None:
    """gnmt's loss is masked, and its two shares have different numbers of labels that count."""
    one, two = (outcome(folder, framework, case, devices=n) for n in (1, 2))
    assert (one.pop("replicas"), two.pop("replicas")) == (1, 2)
    assert (one.pop("statistics"), two.pop("statistics")) == ("whole batch", "per replica")
    assert difference(one, two) < 1e-10


@pytest.mark.parametrize("case", CASES)
def test_two_devices_are_the_same_in_both_frameworks(folder: Path, case: str) -> None:
    """With BatchNorm, too: each replica's statistics are its own, and the first's are kept."""
    torch, tf = (outcome(folder, framework, case, devices=2) for framework in FRAMEWORKS)
    assert difference(torch, tf) < 1e-10


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_batchnorm_sees_that_it_has_half_a_batch(folder: Path, framework: str) -> None:
    one, two = (outcome(folder, framework, "cnn", devices=n) for n in (1, 2))
    assert difference(one, two) > 1e-3


def test_a_rank_that_dies_ends_the_one_that_waits_for_it(folder: Path) -> None:
    assert (folder / "death.txt").read_text() == (
        "rank 1 of 2: its process was killed by SIGKILL; the others were ended with it"
    )
