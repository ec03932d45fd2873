"""The losses of a training's steps; an accelerator keeps them in a tensor made beforehand."""

import torch
from torch import Tensor


class StepLosses:
    """The loss of each step, read once training is over.

    A list of each step's own tensor would hold the allocator's heap: every loss lies above what its
    step had allocated, none of which could then be given back.
    """

    def __init__(self, num_steps: int, *, dtype: torch.dtype) -> None:
        self.known: list[float] = []  # on the CPU, where a number takes no waiting
        self.values = torch.empty(num_steps, dtype=dtype)
        # On the device too: a number from here would have a lazy device compile every step anew.
        self.next = torch.zeros(1, dtype=torch.int64)

    def move_to(self, device: torch.device) -> None:
        self.values, self.next = self.values.to(device), self.next.to(device)

    def add(self, loss: Tensor) -> None:
        """Keep the next step's loss, of no dimensions, without waiting for the device."""
        if loss.device.type == "cpu":
            self.known.append(loss.item())
            return
        self.values.index_copy_(0, self.next, loss.reshape(1))
        self.next += 1

    def read(self) -> list[float]:
        """The losses added so far; waits for the device."""
        if self.known:
            return self.known
        losses: list[float] = self.values[: int(self.next)].tolist()
        return losses
