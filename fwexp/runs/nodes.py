"""Which of a run's nodes this is: as Slurm says, or torchrun, which start one process on each."""

import hashlib
import os
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from fwexp.config.schema import Config
from fwexp.errors import DeviceError

FIRST_PORT, NUM_PORTS = 20_000, 10_000  # below those that Linux gives to clients


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node of a run, and where its ranks meet those of the others."""

    index: int  # node 0 evaluates and records
    address: str  # of node 0
    port: int


@dataclass(frozen=True, kw_only=True)
class Start:
    """How this process came to be one of a run's."""

    by: str  # the user | torchrun | Slurm
    index: int = 0  # of its node; node 0 evaluates and records
    num_nodes: int = 1
    address: str | None = None  # of node 0; None: Slurm knows it
    attempt: str = ""  # the same on all nodes, and another when they are started again


def find_start(config: Config) -> Start:
    """How this process was started; DeviceError where that is not on hardware.nodes nodes."""
    wanted = config.hardware.nodes
    if wanted == 1:
        return Start(by="the user")
    start = _by_torchrun(os.environ) or _by_slurm(os.environ) or Start(by="the user")
    if start.num_nodes != wanted:
        nodes = f"{start.num_nodes} node{'s' if start.num_nodes > 1 else ''}"
        raise DeviceError(
            f"hardware.nodes={wanted} was asked for, but {start.by} started this on {nodes}. "
            "Nothing was trained. Choose launcher=slurm, or start it on each node with "
            f"torchrun --nnodes={wanted} --nproc-per-node=1."
        )
    return start


def find_node(config: Config, *, run_id: str) -> Node:
    """This node; on one node the ranks meet at a free port, on several at one all can tell."""
    start = find_start(config)
    if start.num_nodes == 1:
        return Node(index=0, address="127.0.0.1", port=_free_port())
    address = start.address or _first_address(os.environ["SLURM_JOB_NODELIST"])
    return Node(index=start.index, address=address, port=_agreed_port(run_id, start.attempt))


def _by_torchrun(variables: Mapping[str, str]) -> Start | None:
    if "TORCHELASTIC_RUN_ID" not in variables:
        return None
    num_local = variables["LOCAL_WORLD_SIZE"]
    if num_local != "1":
        raise DeviceError(
            f"torchrun --nproc-per-node={num_local}: fwexp starts a node's processes itself, one a "
            "device; type --nproc-per-node=1 and hardware.devices=…"
        )
    names = ("TORCHELASTIC_RUN_ID", "MASTER_PORT", "TORCHELASTIC_RESTART_COUNT")
    return Start(
        by="torchrun",
        index=int(variables["GROUP_RANK"]),
        num_nodes=int(variables["GROUP_WORLD_SIZE"]),
        address=variables["MASTER_ADDR"],
        attempt=" ".join(variables[name] for name in names),
    )


def _by_slurm(variables: Mapping[str, str]) -> Start | None:
    if "SLURM_JOB_NUM_NODES" not in variables or "SLURM_NODEID" not in variables:
        return None
    restarts = variables.get("SLURM_RESTART_COUNT", "0")
    return Start(
        by="Slurm",
        index=int(variables["SLURM_NODEID"]),
        num_nodes=int(variables["SLURM_JOB_NUM_NODES"]),
        attempt=f"{variables['SLURM_JOB_ID']} {restarts}",
    )


def _first_address(node_list: str) -> str:
    """Of the first node in a list that Slurm writes as node[3-5,7]."""
    name = _scontrol("hostnames", node_list).split()[0]
    try:
        socket.getaddrinfo(name, None)
    except socket.gaierror:  # a name that only Slurm knows
        return _scontrol("node", name).partition("NodeAddr=")[2].split()[0]
    return name


def _scontrol(*what: str) -> str:
    command = ["scontrol", "show", *what]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _agreed_port(*names: str) -> int:
    """The same on every node without a word between them, and rarely another run's."""
    digest = hashlib.sha256(" ".join(names).encode()).digest()
    return FIRST_PORT + int.from_bytes(digest[:4]) % NUM_PORTS


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
