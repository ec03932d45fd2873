"""The bare torch loop that Trainer.fit is held against: nothing but the step itself."""

import time

import torch
from torch.nn import functional

from fwexp.models import registry
from fwexp.models.initialization import Weights
from fwexp.models.torch_names import named_tensors
from fwexp.trainers.protocol import Recipe
from fwexp.trainers.torch_input import Pipeline
from fwexp.trainers.torch_optimizers import make_optimizer
from fwexp.trainers.torch_setup import set_up


def train(recipe: Recipe, *, num_first: int) -> tuple[float, Weights]:
    """Milliseconds per step after the first ones, and the weights at the end."""
    set_up(recipe.config)
    network: torch.nn.Module = registry.build(recipe.config.model, recipe.spec, framework="torch")
    for named in named_tensors(network):
        named.write(recipe.weights[named.name])
    network.train()
    optimizer = make_optimizer(recipe.config.optimizer, network.parameters())
    batches, rates = Pipeline(recipe), recipe.learning_rates.tolist()
    started = time.perf_counter()
    for step, ((x,), y) in enumerate(batches):
        if step == num_first:
            started = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = rates[step]
        optimizer.zero_grad()
        torch.autograd.backward(functional.cross_entropy(network(x), y))
        optimizer.step()
    seconds = time.perf_counter() - started
    weights = {named.name: named.read() for named in named_tensors(network)}
    return 1000 * seconds / (len(batches) - num_first), weights
