"""Which of a job's nodes this is, and what the job was given of it, in standard variables."""

import os
import socket
import subprocess
from collections.abc import Mapping

ALIASES = {"FWEXP_NODE": "SLURMD_NODENAME", "FWEXP_GPUS": "SLURM_JOB_GPUS"}


def node_name() -> str:
    """Slurm's name for this node, which may differ from the host's."""
    return os.environ.get("SLURMD_NODENAME", socket.gethostname())


def node_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """The node's name and GPUs, as runs look for them; and, where Slurm has started one process on
    each of several nodes, this one's place among them, in torchrun's variables."""
    found = {ours: variables[theirs] for ours, theirs in ALIASES.items() if theirs in variables}
    if "SLURM_NODEID" not in variables or variables.get("SLURM_JOB_NUM_NODES", "1") == "1":
        return found
    return found | {
        "TORCHELASTIC_RUN_ID": variables["SLURM_JOB_ID"],
        "TORCHELASTIC_RESTART_COUNT": variables.get("SLURM_RESTART_COUNT", "0"),
        "GROUP_RANK": variables["SLURM_NODEID"],
        "GROUP_WORLD_SIZE": variables["SLURM_JOB_NUM_NODES"],
        "LOCAL_WORLD_SIZE": "1",
        "MASTER_ADDR": _first_address(variables["SLURM_JOB_NODELIST"]),
        "MASTER_PORT": "0",  # runs agree on one themselves
    }


def _first_address(node_list: str) -> str:
    """That of the first node in a list that Slurm writes as node[3-5,7]."""
    name = _scontrol("hostnames", node_list).split()[0]
    try:
        socket.getaddrinfo(name, None)
    except socket.gaierror:  # a name only Slurm knows
        return _scontrol("node", name).partition("NodeAddr=")[2].split()[0]
    return name


def _scontrol(*what: str) -> str:
    command = ["scontrol", "show", *what]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
