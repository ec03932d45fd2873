"""A run on two nodes of the cluster, which Slurm's own variables bring together."""

import json
import sys
from pathlib import Path

import pytest

from tests.cluster.one_machine import Cluster
from tests.tiny import ROOT, TINY, session_variables

pytestmark = pytest.mark.slow


def losses(cluster: Cluster, folder: Path, *, nodes: int) -> list[float]:
    """Of a run that `srun` starts once on each node; both nodes of this machine have locks."""
    folder.mkdir()
    data = session_variables()["FWEXP_DATA"]
    settings = f"PYTHONPATH={ROOT} FWEXP_DATA={data} FWEXP_LOCKS={folder}/locks$SLURM_NODEID"
    words = [sys.executable, "-m", "fwexp", *TINY, "training.num_steps=40"]
    command = " ".join([*words, f"hardware.nodes={nodes}", f"store={folder}/store"])
    cluster.ask(
        *("timeout", "110", "srun", "-p", "gpu", "-N", str(nodes), "--ntasks-per-node=1"),
        *("--chdir", str(folder), "sh", "-c", f"{settings} {command}"),
    )
    (record,) = folder.glob("store/runs/*/*/record.json")
    assert json.loads(record.read_text())["effective"]["num_replicas"] == nodes
    found: list[float] = json.loads((record.parent / "history.json").read_text())["loss"]
    return found


def test_a_run_on_two_nodes_is_the_one_on_one(cluster: Cluster, tmp_path: Path) -> None:
    one, two = (losses(cluster, tmp_path / str(nodes), nodes=nodes) for nodes in (1, 2))
    assert len(one) == 40
    assert two == pytest.approx(one, rel=1e-4)
