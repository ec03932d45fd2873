"""The model, its loss and its optimizer as Lightning runs them, with little else in a step.

Lightning's hooks cost a small model's step several per cent, so this takes the shortcuts that it
offers. `make bench` measures what is left.
"""

import contextlib
import inspect
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.profilers import Profiler
from torch import Tensor, distributed, nn

from fwexp.hardware.precision import PRECISIONS
from fwexp.hardware.table import HARDWARE
from fwexp.models import registry
from fwexp.trainers.protocol import Recipe
from fwexp.trainers.replicas import has_ranks, loss_weights, rank
from fwexp.trainers.torch_distributed import mean_over_ranks
from fwexp.trainers.torch_input import TensorBatch
from fwexp.trainers.torch_losses import LOSSES
from fwexp.trainers.torch_optimizers import make_optimizer

NOTHING = contextlib.nullcontext()


class Network(pl.LightningModule):
    """One step is forward, loss, backward and optimizer, called by hand.

    Lightning's automatic optimization computes the same, in more calls.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.network: nn.Module = registry.build(
            recipe.config.model, recipe.spec, framework="torch"
        )
        self.network.to(getattr(torch, recipe.dtype))
        self.optimizer = make_optimizer(recipe.config.optimizer, self.network.parameters())
        self.learning_rates: list[float] = recipe.learning_rates.tolist()
        self.step = 0  # of the whole training; Lightning counts those of this process
        self.loss = LOSSES[recipe.task.loss]
        hardware = HARDWARE[recipe.config.hardware.name]
        precision = PRECISIONS[recipe.config.precision.name]
        # Lightning's wrapped optimizer scales fp16's gradients and marks the step on a TPU.
        self.wrapped = precision.scales_loss or hardware.torch_is_lazy
        device = hardware.device_types["torch"]
        is_mixed = precision.is_mixed
        self.full_precision = torch.autocast(device, enabled=False) if is_mixed else NOTHING
        self.has_ranks = has_ranks(recipe.config)
        self.loss_weights = loss_weights(recipe, replica=rank(recipe.config)).tolist()
        self.used_replicas = 0
        self.used_device = ""  # known after the first step; Lightning leaves the module on the CPU
        self.used_dtype = ""

    def training_step(self, batch: TensorBatch, _: int) -> Tensor:
        step = self.step
        self.step = step + 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rates[step]
        optimizer: Any = self.optimizers() if self.wrapped else self.optimizer
        optimizer.zero_grad()
        loss = self.training_loss(batch)
        if self.has_ranks:
            loss = loss * self.loss_weights[step]
        with self.full_precision:
            if self.wrapped or self.has_ranks:  # Lightning's has DDP average the gradients
                self.manual_backward(loss)
            else:
                torch.autograd.backward(loss)
            optimizer.step()
        return mean_over_ranks(loss.detach()) if self.has_ranks else loss.detach()

    # Lightning inspects the signature in every step; this one is computed once.
    training_step.__signature__ = inspect.signature(training_step)  # type: ignore[attr-defined]

    def training_loss(self, batch: TensorBatch) -> Tensor:
        """The loss on a batch, with its graph."""
        inputs, targets = batch
        outputs = self.network(*inputs)
        if not self.used_device:
            self.used_device = outputs.device.type
            self.used_replicas = distributed.get_world_size() if distributed.is_initialized() else 1
            self.used_dtype = str(outputs.dtype).removeprefix("torch.")
        at_least_float32 = torch.promote_types(outputs.dtype, torch.float32)
        return self.loss(outputs.to(at_least_float32), targets)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return self.optimizer

    def transfer_batch_to_device(
        self,
        batch: TensorBatch,
        device: torch.device,
        dataloader_idx: int,  # noqa: ARG002
    ) -> TensorBatch:
        """As Lightning does, but without its search for tensors in nested structures."""
        inputs, targets = batch
        moved = [values.to(device, non_blocking=True) for values in inputs]
        return moved, targets.to(device, non_blocking=True)

    def __setattr__(self, name: str, value: Any) -> None:
        """Lightning records its current hook some forty times per step, slow through torch."""
        if name in ("_current_fx_name", "step"):
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)


class NoProfiler(Profiler):
    """Unlike Lightning's PassThroughProfiler, creates no generator for every hook."""

    def __init__(self) -> None:
        super().__init__()
        self.nothing = contextlib.nullcontext(None)

    def start(self, action_name: str) -> None:
        pass

    def stop(self, action_name: str) -> None:
        pass

    def profile(self, action_name: str) -> Any:  # noqa: ARG002
        return self.nothing
