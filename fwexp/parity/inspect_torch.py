"""A look inside a LightningTrainer: what each block puts out, and the gradients."""

from typing import Any

import torch

from fwexp.models.initialization import Weights
from fwexp.models.torch_names import named_tensors
from fwexp.trainers.protocol import Batch
from fwexp.trainers.torch_input import as_tensor, as_tensors, channels_last
from fwexp.trainers.torch_trainer import LightningTrainer


def block_outputs(trainer: LightningTrainer, batch: Batch) -> dict[str, tuple[Any, str]]:
    """Each block's output in training mode, as the spec lays it out, and its dtype."""
    outputs: dict[str, tuple[Any, str]] = {}
    device = trainer.trainer.strategy.root_device  # Lightning moves there only in `fit`
    network = trainer.module.network.to(device).train()

    def keep(name: str) -> Any:
        def hook(_: Any, __: Any, output: torch.Tensor) -> None:
            value = channels_last((output[0] if isinstance(output, tuple) else output).detach())
            dtype = str(value.dtype).removeprefix("torch.")
            outputs[name] = (value.to(torch.float64).cpu().numpy(), dtype)

        return hook

    blocks = trainer.recipe.spec.blocks()
    handles = [network.get_submodule(b).register_forward_hook(keep(b)) for b in blocks]
    with torch.no_grad(), trainer.trainer.precision_plugin.forward_context():
        network(*(tensor.to(device) for tensor in as_tensors(batch[0], trainer.recipe.dtype)))
    for handle in handles:
        handle.remove()
    return outputs


def gradients(trainer: LightningTrainer, batch: Batch) -> tuple[float, Weights]:
    """The training step's own loss on this batch, and its gradient by every weight it reaches."""
    network = trainer.module.network.train()
    inputs = as_tensors(batch[0], trainer.recipe.dtype)
    targets = as_tensor(batch[1], trainer.recipe.dtype)
    with trainer.trainer.precision_plugin.forward_context():
        loss = trainer.module.training_loss((inputs, targets))
    network.zero_grad()
    torch.autograd.backward(loss)
    named = [n for n in named_tensors(network) if n.tensor.grad is not None]
    return float(loss.detach()), {n.name: n.read(n.tensor.grad) for n in named}
