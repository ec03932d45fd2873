"""What a job's process knows of its node, in torchrun's words."""

from pathlib import Path

import pytest

from fwexp.launch.slurm.node import node_variables

JOB = {
    "SLURM_JOB_ID": "17",
    "SLURM_JOB_NUM_NODES": "2",
    "SLURM_NODEID": "1",
    "SLURM_JOB_NODELIST": "node[3-4]",
}


def with_scontrol(monkeypatch: pytest.MonkeyPatch, folder: Path, *, first: str) -> None:
    """A scontrol that knows one list of nodes, and the first one's address."""
    program = folder / "scontrol"
    program.write_text(f"""#!/bin/sh
case "$*" in
    "show hostnames node[3-4]") echo {first}; echo node4 ;;
    "show node {first}") echo "   NodeAddr=10.0.0.9 NodeHostName=host" ;;
esac
""")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_outside_of_a_job_nothing_is_known() -> None:
    assert node_variables({}) == {}


def test_a_node_of_one() -> None:
    given = {"SLURMD_NODENAME": "nodeA", "SLURM_JOB_GPUS": "3", "SLURM_JOB_NUM_NODES": "1"}
    assert node_variables(given | {"SLURM_NODEID": "0"}) == {
        "FWEXP_NODE": "nodeA",
        "FWEXP_GPUS": "3",
    }


@pytest.mark.parametrize(
    ("first", "address"), [("localhost", "localhost"), ("nowhere.invalid", "10.0.0.9")]
)
def test_a_node_of_two(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, first: str, address: str
) -> None:
    with_scontrol(monkeypatch, tmp_path, first=first)
    assert node_variables(JOB | {"SLURM_RESTART_COUNT": "2"}) == {
        "TORCHELASTIC_RUN_ID": "17",
        "TORCHELASTIC_RESTART_COUNT": "2",
        "GROUP_RANK": "1",
        "GROUP_WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "1",
        "MASTER_ADDR": address,
        "MASTER_PORT": "0",
    }
