"""torch.optim's own optimizers, set as the configuration says."""

from collections.abc import Iterable
from typing import Any

import torch
from torch.optim import SGD, Adam, AdamW

from fwexp.config.schema import Optimizer

SLOTS = {  # torch's name of a slot -> ours
    "momentum_buffer": "momentum",
    "exp_avg": "m",
    "exp_avg_sq": "v",
}


def make_optimizer(
    settings: Optimizer, parameters: Iterable[torch.nn.Parameter]
) -> torch.optim.Optimizer:
    """The optimizer over these parameters; the trainer sets the learning rate at each step."""
    parameters = list(parameters)
    lr = settings.learning_rate
    if settings.name == "sgd":
        return SGD(parameters, lr=lr)
    if settings.name == "momentum":
        assert settings.momentum is not None
        return SGD(parameters, lr=lr, momentum=settings.momentum)
    adam = _adam_arguments(settings)
    if settings.name == "adam":
        return Adam(parameters, lr=lr, **adam)
    assert settings.name == "adamw"
    assert settings.weight_decay is not None
    kernels = [p for p in parameters if p.ndim > 1]
    others = [p for p in parameters if p.ndim <= 1]
    groups = [
        {"params": kernels, "weight_decay": settings.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=lr, **adam)


def _adam_arguments(settings: Optimizer) -> dict[str, Any]:
    return {"betas": (settings.beta_1, settings.beta_2), "eps": settings.epsilon}
