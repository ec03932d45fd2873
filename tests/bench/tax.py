"""What the frameworks' own training loops cost a step, over a bare hand-written loop."""

import json
import statistics
import sys
from typing import Any

from fwexp.config.load import compose
from fwexp.config.resolve import usable_cores
from fwexp.data import preparation
from tests.bench.fresh import run_quietly
from tests.bench.ratio import paired_ratio
from tests.bench.table import print_table, print_text, within

LIMIT = 1.05
NUM_ROUNDS = 30
NUM_STEPS = 60
NUM_FIRST = 10  # tracing, allocation, autotuning
FRAMEWORKS = ("torch", "tf")
DIFFERENCE = 1e-6  # between the ways' final weights, relative; equal sums in another order


def main(*, quick: bool = False) -> None:
    """Take each framework's steps as a run does, as its fit alone does, and bare; in turns."""
    preparation.prepare(compose(["data=fashion_mnist"]).data)
    num_rounds = 3 if quick else NUM_ROUNDS
    threads = [1] if quick else [n for n in (1, 2) if n <= usable_cores()]
    sides = {(f, n): _side(f, n, num_rounds) for n in threads for f in FRAMEWORKS}
    print_text(
        f"""cnn on fashion_mnist, batch 128: milliseconds per step, evaluation and the first
        {NUM_FIRST} steps left out; medians of {num_rounds} rounds of {NUM_STEPS} steps, the ways in
        turns. The ratio is of a run's step to the bare loop's, paired by round; the limit is for
        its upper end."""
    )
    rows = [_row(framework, n, side) for (framework, n), side in sides.items()]
    headings = ["framework", "threads", "bare loop", "fit alone", "as a run"]
    print_table([*headings, "as a run / bare (95 %)", "within limit"], rows)
    print_text("Where it goes, ms per step (the input pipeline is in the bare loop, too):")
    rows = [_parts(framework, n, side) for (framework, n), side in sides.items()]
    headings = ["framework", "threads", "fit's loop", "a run's observer", "input pipeline alone"]
    print_table(headings, rows)
    worst = max(side["difference"] for side in sides.values())
    print_text(f"The ways end with the same weights: relative difference {worst:.0e} at most.")


def _side(framework: str, num_threads: int, num_rounds: int) -> dict[str, Any]:
    print(f"  {framework}, threads: {num_threads} …", file=sys.stderr)
    words = [framework, *map(str, (num_threads, num_rounds, NUM_STEPS, NUM_FIRST))]
    command = [sys.executable, "-m", "tests.bench.tax_side", *words]
    side: dict[str, Any] = json.loads(run_quietly(command).splitlines()[-1])
    assert side["difference"] <= DIFFERENCE, f"{framework}: the ways do not compute the same"
    return side


def _row(framework: str, num_threads: int, side: dict[str, Any]) -> list[str]:
    ms = side["ms_per_step"]
    ratio = paired_ratio(ms["run"], ms["bare"])
    middles = [f"{statistics.median(ms[way]):.2f}" for way in ("bare", "fit", "run")]
    limit = within(ratio.worst(), LIMIT)
    return [framework, str(num_threads), *middles, ratio.words(), limit]


def _parts(framework: str, num_threads: int, side: dict[str, Any]) -> list[str]:
    ms = side["ms_per_step"]
    loop = _median_difference(ms["fit"], ms["bare"])
    observer = _median_difference(ms["run"], ms["fit"])
    pipeline = statistics.median(ms["pipeline"])
    return [framework, str(num_threads), *(f"{part:.2f}" for part in (loop, observer, pipeline))]


def _median_difference(over: list[float], under: list[float]) -> float:
    return statistics.median(a - b for a, b in zip(over, under, strict=True))
