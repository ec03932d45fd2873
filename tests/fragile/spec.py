"""The mlp's spec, and which fault its build has."""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from fwexp.models.mlp.spec import Spec as MlpSpec


@dataclass(frozen=True, kw_only=True)
class Spec(MlpSpec):
    fault: str = ""  # raise | silence | abort | kill | modules
    while_exists: str = ""  # a file: without it, nothing is wrong
    note: str = ""  # a file that gets a line for each build

    def fail(self) -> None:
        """What the fault does, where a model is built."""
        if self.note:
            with Path(self.note).open("a") as file:
                file.write("built\n")
        if self.while_exists and not Path(self.while_exists).exists():
            return
        if self.fault == "raise":
            raise RuntimeError("planted\non two lines")
        if self.fault == "silence":
            raise AssertionError
        if self.fault == "abort":
            os.abort()
        if self.fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "modules":
            frameworks = {"torch", "tensorflow", "wandb", "tensorboard"} & set(sys.modules)
            raise RuntimeError(f"imported: {', '.join(sorted(frameworks))}")
