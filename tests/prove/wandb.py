"""W&B against a stand-in of its service: nothing lost, nothing twice, nothing slower."""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fwexp.evidence.statistics import mean_interval
from tests.bench.ratio import CONFIDENCE, Ratio
from tests.bench.table import within
from tests.prove.table import table
from tests.prove.wandb_cost import (
    FAULTS,
    NUM_FIRST,
    NUM_STEPS,
    Met,
    Ran,
    Three,
    cost_of,
    meet,
    noise_of,
    ratio_of,
    start_up_s,
    three,
)
from tests.prove.wandb_demo import Demo, publish_demo
from tests.prove.wandb_kills import NUM_KILLS, Kills, sync_sixty
from tests.tiny import ROOT

PAGE = ROOT / "docs" / "proof" / "wandb.md"
NUM_THREES = 90  # a framework, of a run with W&B offline and two with nobody tracking
NUM_ROUNDS = 5  # of every fault
NUM_STARTS = 6  # pairs of whole commands
COST_LIMIT, FAULT_LIMIT = 1.01, 1.02


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was measured."""

    demo: Demo
    syncs: dict[str, Kills]
    faults: dict[str, list[Met]]
    threes: dict[str, list[Three]]  # by framework
    start_up_s: list[float]

    @property
    def fault_ratio(self) -> Ratio:
        pairs = [met.pair for found in self.faults.values() for met in found]
        return ratio_of(lambda ran: ran.train_s, pairs)

    @property
    def holds(self) -> bool:
        met = [met for found in self.faults.values() for met in found]
        whole = [self.demo, *self.syncs.values(), *met]
        costs = [cost_of(_mean, found) for found in self.threes.values()]
        return (
            all(part.holds for part in whole)
            and self.syncs["killed"].num_killed == NUM_KILLS
            and self.fault_ratio.worst() <= FAULT_LIMIT
            and all(cost.worst() <= COST_LIMIT for cost in costs)
        )


def main() -> bool:
    """Write the page; whether nothing was lost, doubled, told otherwise or slowed down."""
    with tempfile.TemporaryDirectory() as name:
        evidence = _measure(Path(name))
    PAGE.write_text("\n".join(_page(evidence)) + "\n")
    print(PAGE.read_text())
    return evidence.holds


def _measure(folder: Path) -> Evidence:
    def say(words: str) -> None:
        print(f"  {words} …", file=sys.stderr, flush=True)

    say("the demo sweep")
    demo = publish_demo(folder)
    say("a sync that is killed")
    syncs = {
        "undisturbed": sync_sixty(folder / "whole", num_kills=0),
        "killed": sync_sixty(folder / "killed", num_kills=NUM_KILLS),
    }
    faults: dict[str, list[Met]] = {fault: [] for fault in FAULTS}
    for number in range(NUM_ROUNDS):
        say(f"faults, round {number + 1} of {NUM_ROUNDS}")
        for fault, met in faults.items():
            met.append(meet(folder, fault, number))
    threes: dict[str, list[Three]] = {"torch": [], "tf": []}
    for number in range(NUM_THREES):
        if number % 10 == 0:
            say(f"the cost offline, {number} of {NUM_THREES}")
        for framework, rounds in threes.items():
            rounds.append(three(folder, framework, number))
    say("whole commands")
    starts = [start_up_s(folder, number) for number in range(NUM_STARTS)]
    return Evidence(demo=demo, syncs=syncs, faults=faults, threes=threes, start_up_s=starts)


def _page(evidence: Evidence) -> Iterator[str]:
    yield "# W&B: against a stand-in of its service, with the real client"
    yield ""
    yield (
        "Nothing here was run against W&B's own service. The stand-in (tests/tracking/service.py) "
        "listens on loopback, keeps what the real wandb client sends, and fails a test on any "
        "operation or path that it does not know, or without the key. Measured by "
        "`python -m tests.prove wandb`."
    )
    yield from _demo(evidence.demo)
    yield from _syncs(evidence.syncs)
    yield from _faults(evidence)
    yield from _cost(evidence)


def _demo(demo: Demo) -> Iterator[str]:
    yield "\n## The demo sweep\n"
    yield (
        "`fwexp sweep demo`, then `sync`, `report --from wandb` and `publish`. The figures of the "
        "Report's tables of answers and levels are recomputed from the records' files by other "
        "code (tests/tracking/report_figures.py); each of its lines is looked up in the local "
        "write-up, where it has to stand as it is."
    )
    yield ""
    yield from table(
        (
            *("runs", "rows", "there", "write-up from there", "published as written"),
            *("keys of both frameworks", "figures recomputed", "lines looked up", "wrong", ""),
        ),
        [
            (
                str(demo.num_runs),
                f"{demo.num_rows:,}",
                f"{demo.rows_there:,}",
                "equal" if demo.is_equal else "OTHER",
                "equal" if demo.is_report_equal else "OTHER",
                "the same" if demo.is_alike else "OTHER",
                str(demo.num_figures),
                str(demo.num_lines),
                "; ".join(demo.wrong) or "0",
                "holds" if demo.holds else "FAILED",
            )
        ],
    )


def _syncs(syncs: dict[str, Kills]) -> Iterator[str]:
    whole = syncs["undisturbed"]
    yield "\n## A sync that is killed\n"
    yield (
        f"A simulated sweep of {whole.num_runs} runs, {whole.num_wanted:,} rows, offline, then "
        "`fwexp sync`, then `fwexp report --from wandb`; and the same with the sync killed "
        f"(SIGKILL) {NUM_KILLS} times, each up to 0.5 s after rows of it began to come in and "
        "while a run had not ended, before it was let through. `came again`: rows that the service "
        "had, and got once more at their place."
    )
    yield ""
    yield from table(
        ("sync", "killed", "rows twice", "missing", "came again", "write-up", ""),
        [
            (
                name,
                str(k.num_killed),
                str(k.num_doubled),
                str(k.num_missing),
                str(k.num_resent),
                "equal" if k.is_equal else "OTHER",
                "holds" if k.holds else "FAILED",
            )
            for name, k in syncs.items()
        ],
    )


def _faults(evidence: Evidence) -> Iterator[str]:
    yield "\n## Online, under a fault of the service\n"
    yield (
        f"One run (torch, mlp, {NUM_STEPS} steps) with `tracking=wandb_online`, in pairs with the "
        f"same run and `tracking=none`; {NUM_ROUNDS} rounds of all faults. "
        "`training`: ratio of the seconds of all steps, "
        "95 % interval. Nothing is copied or sent before the record is written, so what differs "
        "from 1 is the machine's noise. `after`: from the record to the end of the command, "
        "median. Rows are of all rounds; those here are of the copies."
    )
    yield ""
    yield from table(
        ("fault", "training", "after, s", "rows here", "there", "after sync", "the user saw"),
        [_met(fault, found) for fault, found in evidence.faults.items()],
    )
    ratio = evidence.fault_ratio
    yield ""
    yield (
        f"Over all faults: {ratio.words()}. Limit for the upper end: "
        f"{within(ratio.worst(), FAULT_LIMIT)}."
    )


def _met(fault: str, found: list[Met]) -> list[str]:
    after_s = statistics.median(met.pair.tracked.after_s for met in found)
    told = dict.fromkeys(met.pair.tracked.told for met in found)
    return [
        fault,
        ratio_of(lambda ran: ran.train_s, [met.pair for met in found]).words(),
        f"{after_s:.1f}",
        str(sum(met.pair.tracked.num_rows for met in found)),
        str(sum(met.rows_there for met in found)),
        str(sum(met.rows_synced for met in found))
        + ("" if all(met.holds for met in found) else " FAILED"),
        " / ".join(told),
    ]


def _cost(evidence: Evidence) -> Iterator[str]:
    yield "\n## What tracking offline costs\n"
    yield (
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
        [_framework(framework, rounds) for framework, rounds in evidence.threes.items()],
    )
    interval = mean_interval(evidence.start_up_s, confidence=CONFIDENCE)
    found = [three for rounds in evidence.threes.values() for three in rounds]
    copy_s = statistics.median(f.tracked.after_s - f.alone.after_s for f in found)
    yield ""
    yield (
        f"After the record the copy takes {copy_s:.1f} s, most of it the start "
        "of W&B's own processes; a whole command, from its start to its end, takes "
        f"{statistics.fmean(evidence.start_up_s):.1f} s longer ({interval.low:.1f} … "
        f"{interval.high:.1f}, {len(evidence.start_up_s)} pairs). A sweep pays it once."
    )


def _framework(framework: str, rounds: list[Three]) -> list[str]:
    ratio = cost_of(_mean, rounds)
    return [
        framework,
        f"{1000 * statistics.median(r.alone.mean_step_s for r in rounds):.2f}",
        ratio.words(),
        within(ratio.worst(), COST_LIMIT),
        cost_of(_median, rounds).words(),
        noise_of(_mean, rounds).words(),
        noise_of(_median, rounds).words(),
    ]


def _mean(ran: Ran) -> float:
    return ran.mean_step_s


def _median(ran: Ran) -> float:
    return ran.median_step_s
