"""Every test here has Slurm's commands, and a folder with a site profile."""

from pathlib import Path

import pytest

from tests.launch.slurm.stand_in import SlurmStandIn

SITE = """\
# a site
hardware:
  cpu:
    partition: long
    gres: gpu:{devices}
    mem_gib: 1.5
    cpus_per_task: 3
    time_min: 30
    machine_class: A CPU
    sbatch: {reservation: ours}
setup: [module load python]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the commands are typed in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slurm").mkdir()
    (tmp_path / "slurm" / "ours.yaml").write_text(SITE)
    return tmp_path


@pytest.fixture(autouse=True)
def slurm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SlurmStandIn:
    return SlurmStandIn(folder / "bin", monkeypatch)
