"""Which node a process is on, by the variables of torchrun."""

import socket

import pytest

from fwexp.errors import DeviceError
from fwexp.runs.nodes import Node, Start, find_node, find_start
from tests.tiny import tiny_config

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
    for name in TORCHRUN:
        monkeypatch.delenv(name, raising=False)


def started(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_one_node_is_here_at_a_free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, TORCHRUN)  # on more nodes than the run has
    config = tiny_config("hardware.devices=2")
    assert find_start(config) == Start()
    node = find_node(config, run_id="r")
    assert (node.index, node.address) == (0, "127.0.0.1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", node.port))


def test_under_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, TORCHRUN)
    config = tiny_config("hardware.nodes=2")
    second = find_node(config, run_id="r")
    assert (second.index, second.address) == (1, "10.0.0.7")
    assert 20_000 <= second.port < 30_000
    monkeypatch.setenv("GROUP_RANK", "0")
    assert find_node(config, run_id="r") == Node(index=0, address="10.0.0.7", port=second.port)
    assert find_node(config, run_id="other").port != second.port
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert find_node(config, run_id="r").port != second.port


@pytest.mark.parametrize(("variables", "nodes"), [({}, "1 node"), (TORCHRUN, "2 nodes")])
def test_another_number_of_nodes(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], nodes: str
) -> None:
    started(monkeypatch, variables)
    with pytest.raises(DeviceError) as raised:
        find_start(tiny_config("hardware.nodes=4"))
    assert str(raised.value) == (
        f"hardware.nodes=4 was asked for, but this was started on {nodes}. Nothing was trained. "
        "Choose a cluster's launcher, or start it on each node with torchrun --nnodes=4 "
        "--nproc-per-node=1."
    )


def test_torchrun_with_a_process_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, TORCHRUN | {"LOCAL_WORLD_SIZE": "8"})
    with pytest.raises(DeviceError) as raised:
        find_start(tiny_config("hardware.nodes=2"))
    assert str(raised.value) == (
        "torchrun --nproc-per-node=8: fwexp starts a node's processes itself, one per device; "
        "type --nproc-per-node=1 and hardware.devices=…"
    )
