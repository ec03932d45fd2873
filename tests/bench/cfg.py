"""How long `fwexp --cfg job` takes, over the same of a minimal Hydra application."""

import sys
import tempfile
import time
from pathlib import Path

from tests.bench.fresh import run_quietly
from tests.bench.ratio import interleave, paired_ratio
from tests.bench.table import print_table, print_text, spread, within

LIMIT = 1.3
NUM_PAIRS = 30
MINIMAL = Path(__file__).parent / "minimal" / "app.py"


def main(*, quick: bool = False) -> None:
    """Time both commands in turns, from start to exit, and print their ratio."""
    ways = {
        "fwexp --cfg job": lambda: _seconds("-m", "fwexp", "--cfg", "job"),
        "minimal Hydra application": lambda: _seconds(str(MINIMAL), "--cfg", "job"),
    }
    interleave(ways, num_rounds=1)  # byte code is written, files are read
    times = interleave(ways, num_rounds=3 if quick else NUM_PAIRS)
    fwexp, minimal = times.values()
    ratio = paired_ratio(fwexp, minimal)
    print_text("Seconds from start to exit of a Python process; median (least … most).")
    print_table(["command", "s"], [[name, spread(values)] for name, values in times.items()])
    print_table(
        ["fwexp --cfg job over a minimal application", "within limit"],
        [[ratio.words(), within(ratio.worst(), LIMIT)]],
    )


def _seconds(*arguments: str) -> float:
    with tempfile.TemporaryDirectory(prefix="fwexp-bench-") as folder:
        started = time.monotonic()
        run_quietly([sys.executable, *arguments], folder=Path(folder))
        return time.monotonic() - started
