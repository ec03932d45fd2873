"""Which of a run's nodes this is, from torchrun's variables; torchrun starts one process on each.

Launchers set the same variables.
"""

import hashlib
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from fwexp.config.schema import Config
from fwexp.errors import DeviceError

FIRST_PORT, NUM_PORTS = 20_000, 10_000  # below Linux's ephemeral ports


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node of a run, and where its ranks meet the others'."""

    index: int  # node 0 evaluates and records
    address: str  # of node 0
    port: int


@dataclass(frozen=True, kw_only=True)
class Start:
    """How this process was started."""

    index: int = 0  # of its node; node 0 evaluates and records
    num_nodes: int = 1
    address: str = "127.0.0.1"  # of node 0
    attempt: str = ""  # the same on all nodes, different after a restart


def find_start(config: Config) -> Start:
    """How this process was started; DeviceError if not on hardware.nodes nodes."""
    wanted = config.hardware.nodes
    if wanted == 1:
        return Start()
    start = _by_torchrun(os.environ) or Start()
    if start.num_nodes != wanted:
        nodes = f"{start.num_nodes} node{'s' if start.num_nodes > 1 else ''}"
        raise DeviceError(
            f"hardware.nodes={wanted} was asked for, but this was started on {nodes}. Nothing was "
            "trained. Choose a cluster's launcher, or start it on each node with "
            f"torchrun --nnodes={wanted} --nproc-per-node=1."
        )
    return start


def find_node(config: Config, *, run_id: str) -> Node:
    """This node; ranks meet at a free port on one node, at a port all can derive on several."""
    start = find_start(config)
    if start.num_nodes == 1:
        return Node(index=0, address="127.0.0.1", port=_free_port())
    port = _agreed_port(run_id, start.attempt)
    return Node(index=start.index, address=start.address, port=port)


def _by_torchrun(variables: Mapping[str, str]) -> Start | None:
    if "TORCHELASTIC_RUN_ID" not in variables:
        return None
    num_local = variables["LOCAL_WORLD_SIZE"]
    if num_local != "1":
        raise DeviceError(
            f"torchrun --nproc-per-node={num_local}: fwexp starts a node's processes itself, one "
            "per device; type --nproc-per-node=1 and hardware.devices=…"
        )
    names = ("TORCHELASTIC_RUN_ID", "MASTER_PORT", "TORCHELASTIC_RESTART_COUNT")
    return Start(
        index=int(variables["GROUP_RANK"]),
        num_nodes=int(variables["GROUP_WORLD_SIZE"]),
        address=variables["MASTER_ADDR"],
        attempt=" ".join(variables[name] for name in names),
    )


def _agreed_port(*names: str) -> int:
    """The same on every node without communication, and rarely another run's."""
    digest = hashlib.sha256(" ".join(names).encode()).digest()
    return FIRST_PORT + int.from_bytes(digest[:4]) % NUM_PORTS


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
