"""Clusters that the tests of a session share."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.cluster.one_machine import Cluster, bring_up, take_down
from tests.conftest import Require

SLURM = ("munged", "slurmctld", "slurmd", "sbatch")
ACCOUNTING = ("slurmdbd", "mariadbd")


@pytest.fixture(scope="session")
def has_slurm(require: Require) -> None:
    """Skips, or fails in CI, where no cluster can be brought up."""
    _require_slurm(require)


@pytest.fixture(scope="session")
def cluster(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster without accounting."""
    _require_slurm(require)
    yield from _up(tmp_path_factory.mktemp("cluster"))


@pytest.fixture(scope="session")
def accounted(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster whose sacct answers."""
    _require_slurm(require)
    _require_programs(require, ACCOUNTING, what="accounting")
    yield from _up(tmp_path_factory.mktemp("accounted"), "--accounting")


def _require_slurm(require: Require) -> None:
    require(os.getuid() == 0, "slurm/cluster needs root")
    _require_programs(require, SLURM, what="slurm/cluster")


def _require_programs(require: Require, programs: Sequence[str], *, what: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    require(not missing, f"{what} needs what is not installed here: {', '.join(missing)}")


def _up(folder: Path, *flags: str) -> Iterator[Cluster]:
    cluster = bring_up(folder, *flags)
    yield cluster
    take_down(cluster)
