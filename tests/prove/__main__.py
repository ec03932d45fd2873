"""`python -m tests.prove [part…]`: the long evidence, part by part; 1 if any of it failed."""

import sys
import time
from importlib import import_module

PARTS = [
    "parity",
    "architectures",
    "faults",
    "bad_input",
    "levels",
    "full_size",
    "resume",
    "cluster",
    "wandb",
    "tracking_cost",
]


def main(parts: list[str]) -> int:
    """0 when every part holds."""
    failed = []
    for part in parts or PARTS:
        print(f"== {part}", flush=True)
        started = time.monotonic()
        holds = import_module(f"tests.prove.{part}").main()
        print(f"== {part}: {'holds' if holds else 'FAILED'}, {time.monotonic() - started:.0f} s")
        if not holds:
            failed.append(part)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
