"""torch's process group: how the ranks of a run find each other and how long they wait.

Which rank a process is stands in the variables that torchrun sets, too: runs/ranks.py sets them.
"""

import os
from datetime import timedelta
from typing import Any

import torch
from pytorch_lightning.plugins.environments import (  # type: ignore[attr-defined]  # no __all__
    LightningEnvironment,
    TorchElasticEnvironment,
)
from torch import Tensor, distributed

from fwexp.config.schema import Config
from fwexp.hardware.table import HARDWARE
from fwexp.trainers.replicas import has_ranks

RENDEZVOUS = timedelta(minutes=10)  # until all ranks must be there
# At a collective, for rank 0 to come back from an evaluation; a dead rank ends the others itself.
PATIENCE = timedelta(days=30)


def join(config: Config) -> None:
    """Make this process one of the run's ranks, before Lightning would with its own time limits.

    A run without ranks, and a process that has joined, are left alone. Raises
    torch.distributed.DistNetworkError or DistStoreError where the others do not come.
    """
    if not has_ranks(config) or distributed.is_initialized():
        return
    rank, world_size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    store = distributed.TCPStore(  # type: ignore[attr-defined]  # it is not in their __all__
        os.environ["MASTER_ADDR"],
        int(os.environ["MASTER_PORT"]),
        world_size,
        is_master=rank == 0,
        timeout=RENDEZVOUS,
    )
    kind = HARDWARE[config.hardware.name]
    device = torch.device(kind.device_types["torch"], int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group(
        kind.torch_backend,
        store=store,
        rank=rank,
        world_size=world_size,
        timeout=PATIENCE,
        device_id=device if kind.is_accelerator else None,
    )


def lightning_plugins(config: Config) -> list[Any]:
    """Where Lightning reads its rank; said, for on a cluster it would look around for itself."""
    return [TorchElasticEnvironment() if has_ranks(config) else LightningEnvironment()]


def mean_over_ranks(value: Tensor) -> Tensor:
    """The mean of all ranks' values, at every rank."""
    total = value.clone()
    distributed.all_reduce(total)
    return total / distributed.get_world_size()
