"""W&B against a stand-in of its service: nothing lost, nothing twice, nothing slower."""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.prove import wandb_faults
from tests.prove.proof import Proof
from tests.prove.table import table
from tests.prove.wandb_demo import MIN_FIGURES, Demo, publish_demo
from tests.prove.wandb_faults import FAULTS, NUM_ROUNDS, Met, meet
from tests.prove.wandb_kills import NUM_KILLS, Kills, sync_sixty


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was measured."""

    demo: Demo
    syncs: dict[str, Kills]
    faults: dict[str, list[Met]]

    @property
    def holds(self) -> bool:
        return (
            self.demo.holds
            and all(sync.holds for sync in self.syncs.values())
            and self.syncs["killed"].num_killed == NUM_KILLS
            and wandb_faults.hold(self.faults)
        )


def main() -> Proof:
    """Holds when nothing was lost, doubled, told otherwise or slowed down."""
    with tempfile.TemporaryDirectory() as name:
        evidence = _measure(Path(name))
    return Proof(text="\n".join(_page(evidence)), holds=evidence.holds)


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
    return Evidence(demo=demo, syncs=syncs, faults=faults)


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
    yield from wandb_faults.lines(evidence.faults)


def _demo(demo: Demo) -> Iterator[str]:
    yield "\n## The demo sweep\n"
    yield (
        "`fwexp sweep demo`, then `sync`, `report --from wandb` and `publish`. The figures of the "
        "Report's tables of answers and quality targets are recomputed from the records' files by "
        "other code (tests/tracking/report_figures.py); each of its lines is looked up in the "
        "local write-up, where it has to stand as it is. Too few figures "
        "are those of a machine that was busy, where times do not count."
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
                f"{demo.num_figures} (at least {MIN_FIGURES})",
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
