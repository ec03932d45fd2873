"""The named sweeps, five seeds per framework: does every model learn, and equally well in both?

What a sweep has already run on this machine is taken from ./store; all of it takes hours.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean
from typing import Any

from fwexp.evidence.aggregate import NAMES
from fwexp.meters.environment import commit
from fwexp.store.record import RunRecord
from fwexp.store.store import Store
from tests.prove.proof import Proof
from tests.prove.table import table
from tests.prove.traps import ROOT

STORE = Store(str(ROOT / "store"))
SWEEPS = ("demo", "showdown", "twenty_epochs", "handwriting", "text", "forecast", "size")
CURVE = "twenty_epochs"
TOLD_EPOCHS = (1, 2, 5, 10, 15, 20)


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A sweep that ran, and what its write-up says."""

    name: str
    exit_code: int
    evidence: dict[str, Any]

    @property
    def holds(self) -> bool:
        """Whether every workload has a quality target that every run of both frameworks reached."""
        quality = self.evidence["quality"]
        wanted = {(w["label"], name) for w in self.evidence["workloads"] for name in NAMES}
        return (
            self.exit_code == 0
            and not self.evidence["void"]
            and {(result["workload"], result["framework"]) for result in quality} == wanted
            and all(result["num_reached"] == result["num_runs"] >= 5 for result in quality)
        )


def main() -> Proof:
    """Holds when every run of every sweep reached its quality target."""
    ran = [run(name) for name in SWEEPS]
    return Proof(text=page(ran), holds=all(sweep.holds for sweep in ran))


def run(name: str) -> Ran:
    """Type `fwexp sweep NAME`, and read its evidence."""
    done = subprocess.run([sys.executable, "-m", "fwexp", "sweep", name], cwd=ROOT)
    text = (STORE.sweep_folder(name) / "evidence.json").read_text()
    ran = Ran(name=name, exit_code=done.returncode, evidence=json.loads(text))
    print(
        f"{name}: {'every run reached its quality target' if ran.holds else 'FAILED'}", flush=True
    )
    return ran


def page(ran: list[Ran]) -> str:
    """The page's Markdown."""
    made = f"{datetime.now(UTC):%Y-%m-%d}, commit {(commit() or 'unknown')[:12]}"
    machines = ", ".join(dict.fromkeys(sweep.evidence["sweep"]["machine_class"] for sweep in ran))
    lines = [
        "# Quality targets and verdicts: every model learns, in both frameworks",
        "",
        f"Made by `make prove` on {made}; {machines}; each run on one thread.",
        "",
        "A sweep declares, before it runs, the quality target that each run must reach, better "
        "than a named baseline. Scores are means over the runs; the difference is in points, or a "
        "ratio, of TensorFlow to PyTorch, with its 95 % interval; the verdict is the write-up's, "
        "by the sweep's margin. Times are not reported here: other work may have shared the "
        "machine, which changes no score.",
        "",
    ]
    for sweep in ran:
        title = sweep.evidence["sweep"]["title"]
        lines += [f"## {title}", "", f"`{sweep.evidence['sweep']['command']}`", ""]
        lines += [*_table(sweep), ""]
        if sweep.name == CURVE:
            lines += [*_curve(sweep), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(sweep: Ran) -> list[str]:
    columns = [
        *("workload", "metric", "quality target, baseline", "reached", "PyTorch", "TensorFlow"),
        *("difference or ratio", "verdict"),
    ]
    return table(columns, [_row(sweep.evidence, w) for w in sweep.evidence["workloads"]])


def _row(evidence: dict[str, Any], workload: dict[str, Any]) -> list[str]:
    label = workload["label"]
    quality = [result for result in evidence["quality"] if result["workload"] == label]
    reached = [f"{result['num_reached']} of {result['num_runs']}" for result in quality]
    answer, score = next(
        (answer, finding)
        for answer in evidence["answers"]
        if answer["key"].startswith("score ")
        for finding in answer["findings"]
        if finding["workload"] == label
    )
    by_ratio = answer["scale"] == "ratio"
    return [
        label,
        next(run["metric"] for run in workload["runs"] if run["metric"]),
        f"{quality[0]['quality_target']:g}, {quality[0]['baseline']}",
        ", ".join(reached),
        f"{fmean(score['torch']):.4g}",
        f"{fmean(score['tf']):.4g}",
        _told(score, "{:.3f}" if by_ratio else "{:+.2f}"),
        score["verdict"],
    ]


def _told(score: dict[str, Any], form: str) -> str:
    low, high = (form.format(score["outer"][end]) for end in ("low", "high"))
    return f"{form.format(score['estimate'])} ({low} … {high})"


def _curve(sweep: Ran) -> list[str]:
    """The mean score after some of the epochs, the smallest and largest run beside it."""
    manifest = STORE.read_manifest(sweep.name)
    records, _ = STORE.read_records(manifest.machine_class, manifest.runs)
    rows = [
        [str(epoch), *(_after(epoch, framework, list(records.values())) for framework in NAMES)]
        for epoch in TOLD_EPOCHS
    ]
    return table(["after epoch", *NAMES.values()], rows)


def _after(epoch: int, framework: str, records: list[RunRecord]) -> str:
    scores = [
        record.evaluations[epoch].scores["accuracy"]  # the first is before any step
        for record in records
        if record.config.framework.name == framework
    ]
    low, mean, high = (f"{100 * value:.1f}" for value in (min(scores), fmean(scores), max(scores)))
    return f"{mean} % ({low} … {high})"
