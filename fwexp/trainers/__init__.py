"""Trainers: PyTorch-Lightning's and Keras's, behind one protocol."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a server blocks its signals before NumPy starts a thread
    from fwexp.trainers.protocol import Job, Trainer

TRAINERS = {
    "torch": "fwexp.trainers.lightning:LightningTrainer",
    "tf": "fwexp.trainers.keras:KerasTrainer",
}


def make_trainer(job: Job) -> Trainer:
    """The framework's trainer for this job, built and holding the job's initial weights."""
    module, name = TRAINERS[job.config.framework.name].split(":")
    trainer: Trainer = getattr(import_module(module), name)(job)
    return trainer
