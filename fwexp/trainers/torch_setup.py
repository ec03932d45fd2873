"""What is set before a model is built: threads, denormals, TF32, random draws."""

import logging
import warnings
from typing import Any

import torch

from fwexp.config.schema import Config
from fwexp.hardware.precision import PRECISIONS


def set_up(config: Config) -> None:
    """Pin threads, denormals, TF32 and random draws, and silence Lightning's advice."""
    assert config.hardware.num_threads is not None
    tf32 = PRECISIONS[config.precision.name].tf32
    torch.manual_seed(config.seed)
    torch.set_flush_denormal(True)  # as TensorFlow does
    torch.set_num_threads(config.hardware.num_threads)
    if torch.get_num_interop_threads() != config.hardware.num_threads:  # can be set but once
        torch.set_num_interop_threads(config.hardware.num_threads)
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="pytorch_lightning", message=".*num_workers.*")


def accelerator_module(device: torch.device) -> Any:
    """torch's module for an accelerator, such as torch.cuda; None for the CPU, and for XLA, for
    which torch has none."""
    return None if device.type == "cpu" else getattr(torch, device.type, None)
