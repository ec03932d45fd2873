"""How long 10,000 runs take to plan, and what Hydra's own sweeper takes for 1,000."""

import json
import sys

from fwexp.config.resolve import usable_cores
from tests.bench.fresh import run_quietly
from tests.bench.table import print_table, print_text, spread, within

LIMIT_S = 5
NUM_ROUNDS = {"fwexp": 5, "hydra": 1}  # Hydra's takes more than a minute
NUM_SEEDS = {"fwexp": 25, "hydra": 5}  # of 400 combinations; Hydra takes half of the optimizers
NAMES = {"fwexp": "fwexp's planner", "hydra": "Hydra's basic sweeper"}


def main(*, quick: bool = False) -> None:
    """Plan in a fresh process each time; print seconds and peak memory."""
    seeds = dict.fromkeys(NAMES, 1) if quick else NUM_SEEDS
    rounds = dict.fromkeys(NAMES, 1) if quick else NUM_ROUNDS
    found = {way: [_plan(way, seeds[way]) for _ in range(rounds[way])] for way in NAMES}
    print_text(
        f"""Seconds in a fresh process on {usable_cores()} cores, imports included, median
        (least … most): 2 frameworks × 10 image models × 4 optimizers × 5
        learning rates × {seeds["fwexp"]} seeds. fwexp's plan is composed, checked by the rules,
        linted for traps, its models' options checked by their specs, deduplicated, put into blocks,
        each run with its id. Hydra: 2 optimizers and {seeds["hydra"]} seeds; its BasicSweeper
        composes each job to see that it is legal, and its launcher once more to start it; here it
        starts nothing."""
    )
    headings = ["way", "runs", "s", "within limit, s", "CPU, s", "peak memory, MiB"]
    print_table(headings, [_row(way, rounds) for way, rounds in found.items()])


def _plan(way: str, num_seeds: int) -> dict[str, float]:
    print(f"  {NAMES[way]} …", file=sys.stderr)
    command = [sys.executable, "-m", "tests.bench.plan_side", way, str(num_seeds)]
    side: dict[str, float] = json.loads(run_quietly(command).splitlines()[-1])
    return side


def _row(way: str, rounds: list[dict[str, float]]) -> list[str]:
    seconds = [side["s"] for side in rounds]
    num_runs = int(rounds[0]["num_runs"])
    return [
        NAMES[way],
        f"{num_runs:,}",
        spread(seconds, digits=1),
        within(max(seconds), LIMIT_S) if way == "fwexp" else "",
        spread([side["cpu_s"] for side in rounds], digits=1),
        f"{max(side['peak_mib'] for side in rounds):.0f}",
    ]
