"""`wandb sync` that ends with the process that asked for it, and its wandb-core with it."""

import os
import sys
from collections.abc import Sequence

from fwexp.processes.server import die_with_parent


def main(argv: Sequence[str]) -> None:
    """Become `wandb sync` with the arguments after the first, which is the parent's process id."""
    parent, *arguments = argv
    os.environ.pop("WANDB_SERVICE", None)  # the driver's wandb-core would outlive us
    die_with_parent(int(parent))  # holds beyond the exec
    os.execv(sys.executable, [sys.executable, "-m", "wandb", "sync", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
