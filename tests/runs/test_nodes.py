"""Which node a process is on, by the variables of Slurm and of torchrun."""

import socket
from pathlib import Path

import pytest

from fwexp.errors import DeviceError
from fwexp.runs.nodes import Node, Start, find_node, find_start
from tests.tiny import tiny_config

SLURM = {
    "SLURM_JOB_ID": "17",
    "SLURM_JOB_NUM_NODES": "2",
    "SLURM_NODEID": "1",
    "SLURM_JOB_NODELIST": "node[3-4]",
}
TORCHRUN = {
    "TORCHELASTIC_RUN_ID": "none",
    "TORCHELASTIC_RESTART_COUNT": "0",
    "GROUP_RANK": "1",
    "GROUP_WORLD_SIZE": "2",
    "LOCAL_WORLD_SIZE": "1",
    "MASTER_ADDR": "10.0.0.7",
    "MASTER_PORT": "29500",
}


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SLURM, *TORCHRUN, "SLURM_RESTART_COUNT"):
        monkeypatch.delenv(name, raising=False)


def started(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


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


def test_one_node_is_here_at_a_free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, SLURM)  # of a job with more nodes than the run has
    config = tiny_config("hardware.devices=2")
    assert find_start(config) == Start(by="the user")
    node = find_node(config, run_id="r")
    assert (node.index, node.address) == (0, "127.0.0.1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", node.port))


def test_under_slurm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started(monkeypatch, SLURM)
    with_scontrol(monkeypatch, tmp_path, first="localhost")
    config = tiny_config("hardware.nodes=2")
    second = find_node(config, run_id="r")
    assert (second.index, second.address) == (1, "localhost")
    assert 20_000 <= second.port < 30_000
    monkeypatch.setenv("SLURM_NODEID", "0")
    assert find_node(config, run_id="r") == Node(index=0, address="localhost", port=second.port)
    assert find_node(config, run_id="other").port != second.port
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    assert find_node(config, run_id="r").port != second.port


def test_a_node_whose_name_only_slurm_knows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started(monkeypatch, SLURM)
    with_scontrol(monkeypatch, tmp_path, first="nowhere.invalid")
    assert find_node(tiny_config("hardware.nodes=2"), run_id="r").address == "10.0.0.9"


def test_under_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, SLURM)
    started(monkeypatch, TORCHRUN)
    found = find_node(tiny_config("hardware.nodes=2"), run_id="r")
    assert (found.index, found.address) == (1, "10.0.0.7")


@pytest.mark.parametrize(
    ("variables", "by", "nodes"),
    [({}, "the user", "1 node"), (SLURM, "Slurm", "2 nodes"), (TORCHRUN, "torchrun", "2 nodes")],
)
def test_another_number_of_nodes(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], by: str, nodes: str
) -> None:
    started(monkeypatch, variables)
    with pytest.raises(DeviceError) as raised:
        find_start(tiny_config("hardware.nodes=4"))
    assert str(raised.value) == (
        f"hardware.nodes=4 was asked for, but {by} started this on {nodes}. Nothing was trained. "
        "Choose launcher=slurm, or start it on each node with torchrun --nnodes=4 "
        "--nproc-per-node=1."
    )


def test_torchrun_with_a_process_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, TORCHRUN | {"LOCAL_WORLD_SIZE": "8"})
    with pytest.raises(DeviceError) as raised:
        find_start(tiny_config("hardware.nodes=2"))
    assert str(raised.value) == (
        "torchrun --nproc-per-node=8: fwexp starts a node's processes itself, one a device; "
        "type --nproc-per-node=1 and hardware.devices=…"
    )
