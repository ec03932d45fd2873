"""What tracking offline costs: a run's steps, and its command."""

import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fwexp.evidence.statistics import mean_interval
from tests.bench.ratio import CONFIDENCE, Ratio, paired_ratio
from tests.bench.table import within
from tests.prove.proof import Proof
from tests.prove.table import table
from tests.prove.tracked import NUM_FIRST, RUN, Ran, store_name, type_runs
from tests.tiny import session_variables
from tests.tracking.simulated import fwexp, wandb_environment

NUM_ROUNDS = {"torch": 100, "tf": 400}  # set beforehand; tf's steps vary more between runs
NUM_STARTS = 6  # pairs of whole commands
LIMIT = 1.01


@dataclass(frozen=True, kw_only=True)
class Three:
    """The same run with W&B offline, and twice with nobody tracking."""

    tracked: Ran
    alone: Ran
    again: Ran


def main() -> Proof:
    """Holds when tracking cost no more than its limit in either framework."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rounds: dict[str, list[Three]] = {framework: [] for framework in NUM_ROUNDS}
        for number in range(max(NUM_ROUNDS.values())):
            if number % 20 == 0:
                print(f"  round {number} of {max(NUM_ROUNDS.values())} …", file=sys.stderr)
            for framework, found in rounds.items():
                if number < NUM_ROUNDS[framework]:
                    found.append(three(folder, framework, number))
        starts = [start_up_s(folder, number) for number in range(NUM_STARTS)]
    holds = all(cost_of(_mean, found).worst() <= LIMIT for found in rounds.values())
    return Proof(text="\n".join(_page(rounds, starts)), holds=holds)


def three(folder: Path, framework: str, number: int) -> Three:
    """With W&B offline and twice with nobody tracking, in random order."""
    rng = random.Random(f"{framework}-{number}")
    order = ["tracked", "alone", "again"]
    rng.shuffle(order)
    ran = {}
    for which in order:
        store = folder / store_name(f"{framework}-{number}-{which}", rng)
        kind = "wandb_offline" if which == "tracked" else "none"
        ran[which] = type_runs(store, framework, kind)
    return Three(**ran)


def cost_of(figure: Callable[[Ran], float], rounds: Sequence[Three]) -> Ratio:
    """The tracked runs' figure over the mean of the two with nobody tracking."""
    alone = [math.sqrt(figure(r.alone) * figure(r.again)) for r in rounds]
    return paired_ratio([figure(r.tracked) for r in rounds], alone)


def noise_of(figure: Callable[[Ran], float], rounds: Sequence[Three]) -> Ratio:
    """The same of two runs with nobody tracking: 1, but for what the measuring itself adds."""
    return paired_ratio([figure(r.again) for r in rounds], [figure(r.alone) for r in rounds])


def start_up_s(folder: Path, number: int) -> float:
    """What `tracking=wandb_offline` adds to a command from its start to its end, as typed."""

    def whole_s(kind: str) -> float:
        began = time.monotonic()
        argv = [*RUN, "framework=torch", f"tracking={kind}", f"store={folder}/{kind}-{number}"]
        done = fwexp(*argv, environment=wandb_environment(None, **session_variables()))
        assert done.returncode == 0, done.stderr
        return time.monotonic() - began

    kinds = ("none", "wandb_offline")
    took = {kind: whole_s(kind) for kind in (kinds if number % 2 else kinds[::-1])}
    return took["wandb_offline"] - took["none"]


def _page(rounds: dict[str, list[Three]], starts: list[float]) -> Iterator[str]:
    yield "# What tracking offline costs"
    yield ""
    yield (
        "Measured by `python -m tests.prove tracking_cost`. No code of a run reads what tracks it "
        "(tests/test_habits.py); its copy is made once the record is written. "
        "The same run with `tracking=wandb_offline` and twice with `none`, in random order: ratio "
        f"of a step's mean time, the first {NUM_FIRST} left out, and of its median, to the mean of "
        "the two; and of these two to each other, which shows what the measuring itself adds. "
        "95 % intervals of the mean of logarithms. No process of W&B's was left after any command."
    )
    yield ""
    yield from table(
        (
            *("framework", "a step, ms", "mean", "limit for its upper end", "median"),
            *("two untracked: mean", "median"),
        ),
        [_framework(framework, found) for framework, found in rounds.items()],
    )
    interval = mean_interval(starts, confidence=CONFIDENCE)
    both = [three for found in rounds.values() for three in found]
    copy_s = statistics.median(f.tracked.after_s - f.alone.after_s for f in both)
    yield ""
    yield (
        f"After the record the copy takes {copy_s:.1f} s, most of it the start "
        "of W&B's own processes; a whole command, from its start to its end, takes "
        f"{statistics.fmean(starts):.1f} s longer ({interval.low:.1f} … "
        f"{interval.high:.1f}, {len(starts)} pairs). A sweep pays it once."
    )


def _framework(framework: str, rounds: list[Three]) -> list[str]:
    ratio = cost_of(_mean, rounds)
    return [
        framework,
        f"{1000 * statistics.median(r.alone.mean_step_s for r in rounds):.2f}",
        ratio.words(),
        within(ratio.worst(), LIMIT),
        cost_of(_median, rounds).words(),
        noise_of(_mean, rounds).words(),
        noise_of(_median, rounds).words(),
    ]


def _mean(ran: Ran) -> float:
    return ran.mean_step_s


def _median(ran: Ran) -> float:
    return ran.median_step_s
