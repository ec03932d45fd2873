"""W&B against a stand-in of its service: nothing lost, nothing twice, nothing slower."""

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.table import within
from tests.prove.table import table
from tests.prove.wandb_cost import FAULTS, NUM_STEPS, Met, Pair, meet, pair, step_ratio
from tests.prove.wandb_demo import Demo, publish_demo
from tests.prove.wandb_kills import NUM_KILLS, Kills, sync_sixty
from tests.tiny import ROOT

PAGE = ROOT / "docs" / "proof" / "wandb.md"
NUM_PAIRS = 100  # a framework, of runs with W&B offline and with nobody tracking
NUM_ROUNDS = 8  # of every fault
COST_LIMIT, FAULT_LIMIT = 1.01, 1.02


def main() -> bool:
    """Write the page; whether nothing was lost, doubled or told otherwise."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo = publish_demo(folder)
        syncs = {
            "undisturbed": sync_sixty(folder / "whole", num_kills=0),
            "killed": sync_sixty(folder / "killed", num_kills=NUM_KILLS),
        }
        faults: dict[str, list[Met]] = {fault: [] for fault in FAULTS}
        for number in range(NUM_ROUNDS):
            for fault, met in faults.items():
                met.append(meet(folder, fault, number))
        pairs = {f: [pair(folder, f, n) for n in range(NUM_PAIRS)] for f in ("torch", "tf")}
    PAGE.write_text("\n".join(_page(demo, syncs, faults, pairs)) + "\n")
    print(PAGE.read_text())
    met_all = [met for found in faults.values() for met in found]
    return all(part.holds for part in (demo, *syncs.values(), *met_all))


def _page(
    demo: Demo, syncs: dict[str, Kills], faults: dict[str, list[Met]], pairs: dict[str, list[Pair]]
) -> Iterator[str]:
    yield "# W&B: against a stand-in of its service, with the real client"
    yield ""
    yield (
        "Nothing here was run against W&B's own service. The stand-in (tests/tracking/service.py) "
        "listens on loopback, keeps what the real wandb client sends, and fails a test on any "
        "operation that it does not know. Measured by `python -m tests.prove wandb`."
    )
    yield from _demo(demo)
    yield from _syncs(syncs)
    yield from _faults(faults)
    yield from _cost(pairs)


def _demo(demo: Demo) -> Iterator[str]:
    yield "\n## The demo sweep\n"
    yield (
        "`fwexp sweep demo`, then `sync`, `report --from wandb` and `publish`. The figures of the "
        "Report's tables are recomputed from the records' files by other code "
        "(tests/tracking/report_figures.py); all its numbers are looked up in the local write-up."
    )
    yield ""
    yield from table(
        (
            *("runs", "rows", "there", "write-up from there", "published as written"),
            *("figures recomputed", "numbers looked up", "wrong", ""),
        ),
        [
            (
                str(demo.num_runs),
                f"{demo.num_rows:,}",
                f"{demo.rows_there:,}",
                "equal" if demo.is_equal else "OTHER",
                "equal" if demo.is_report_equal else "OTHER",
                str(demo.num_figures),
                str(demo.num_numbers),
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
        f"(SIGKILL) {NUM_KILLS} times, each up to 0.3 s after the service had a random number of "
        "rows, before it was let through:"
    )
    yield ""
    yield from table(
        ("sync", "killed", "a part was there", "rows twice", "rows missing", "write-up", ""),
        [
            (
                name,
                str(k.num_killed),
                str(k.num_midway),
                str(k.num_doubled),
                str(k.num_missing),
                "equal" if k.is_equal else "OTHER",
                "holds" if k.holds else "FAILED",
            )
            for name, k in syncs.items()
        ],
    )


def _faults(faults: dict[str, list[Met]]) -> Iterator[str]:
    yield "\n## Online, under a fault of the service\n"
    yield (
        f"One run (torch, mlp, {NUM_STEPS} steps) with `tracking=wandb_online`, in pairs with the "
        f"same run and `tracking=none`; {NUM_ROUNDS} rounds of all faults. `step`: ratio of the "
        "median steps, with its 95 % interval. Nothing is copied or sent before the record is "
        "written, so all that differs from 1 is the machine's noise. `after`: from the record to "
        "the end of the command. Rows are of all rounds."
    )
    yield ""
    yield from table(
        ("fault", "step", "after, s", "rows local", "there", "there after sync", "the user saw"),
        [_met(fault, found) for fault, found in faults.items()],
    )
    ratio = step_ratio([met.pair for found in faults.values() for met in found])
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
        step_ratio([met.pair for met in found]).words(),
        f"{after_s:.1f}",
        str(sum(met.pair.tracked.num_rows for met in found)),
        str(sum(met.rows_there for met in found)),
        str(sum(met.rows_synced for met in found))
        + ("" if all(met.holds for met in found) else " FAILED"),
        " / ".join(told),
    ]


def _cost(pairs: dict[str, list[Pair]]) -> Iterator[str]:
    yield "\n## What tracking offline costs\n"
    yield (
        "`tracking=wandb_offline` over `none`, the same run in pairs whose order alternates: ratio "
        "of the median steps, 95 % interval of the mean of logarithms. `start-up`: what the "
        "command takes longer after the record, for the copy."
    )
    yield ""
    yield from table(
        ("framework", "median step, ms", "ratio", "limit for its upper end", "start-up, s"),
        [_framework(framework, found) for framework, found in pairs.items()],
    )


def _framework(framework: str, found: list[Pair]) -> list[str]:
    ratio = step_ratio(found)
    start_s = statistics.median(p.tracked.after_s - p.alone.after_s for p in found)
    return [
        framework,
        f"{1000 * statistics.median(p.alone.step_s for p in found):.2f}",
        ratio.words(),
        within(ratio.worst(), COST_LIMIT),
        f"{start_s:.1f}",
    ]
