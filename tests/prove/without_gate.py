"""What a short comparison would have found if no certificate had been asked for."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fwexp.config.load import compose
from fwexp.evidence.pairs import Pair, Pairs
from fwexp.evidence.verdicts import Finding, Scale, judge
from fwexp.tasks.metric import Metric
from tests.prove.there import script_there
from tests.prove.traps import CNN, Trap
from tests.prove.traps_of_models import LSTM, TRANSFORMER

LENGTHS = {  # of the runs: long enough to beat guessing by far, too short to be done
    CNN: ("training.num_epochs=3", "training.evaluate_every_epochs=3"),
    LSTM: (
        *("training.batch_size=16", "training.num_epochs=20", "training.evaluate_every_epochs=20"),
        "optimizer.learning_rate=0.003",
    ),
    TRANSFORMER: (
        *("training=steps", "training.num_steps=40", "training.batch_size=16"),
        *("training.evaluate_every_epochs=1", "optimizer.learning_rate=0.003"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Compared:
    """TensorFlow against PyTorch, five seeds."""

    failure: str  # why a run did not end; empty: all did
    metric: Metric | None = None
    finding: Finding | None = None

    def sentence(self) -> str:
        """The difference of the scores, and the verdict that it would have been."""
        if self.finding is None or self.metric is None:
            return f"its runs stop: {self.failure}"
        return f"{_difference(self)}: {self.finding.verdict}"


class Comparisons:
    """Short comparisons in a project; those without a trap are made once."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.clean: dict[tuple[str, ...], Compared] = {}

    def prepare(self, trap: Trap) -> None:
        """Compare the clean pair as the trap's will be; nothing may be planted now."""
        overrides = self._overrides(trap)
        if not trap.no_run and overrides not in self.clean:
            self.clean[overrides] = compare(self.project, overrides)
            print(f"clean: {' '.join(overrides)}: {self.clean[overrides].sentence()}", flush=True)

    def tell(self, trap: Trap) -> str:
        """What the planted trap changes, beside what the clean pair shows."""
        if trap.no_run:
            return f"not run: {trap.no_run}"
        overrides = self._overrides(trap)
        clean, found = self.clean[overrides], compare(self.project, overrides)
        if found.failure:
            return found.sentence()
        return f"{found.sentence()} (clean: {_difference(clean)})"

    @staticmethod
    def _overrides(trap: Trap) -> tuple[str, ...]:
        lengths = LENGTHS[trap.workload] if not trap.no_run else ()
        return (*trap.workload, *lengths, *trap.overrides)


def compare(project: Path, overrides: tuple[str, ...]) -> Compared:
    """The runs of the project's frameworks as it now stands, judged as a sweep would judge them."""
    with tempfile.TemporaryDirectory(prefix="fwexp-ungated-") as store:
        done = script_there(project, Path(__file__).with_name("ungated.py"), store, *overrides)
        assert done.returncode == 0, done.stdout + done.stderr
        records = [json.loads(p.read_text()) for p in Path(store).glob("runs/*/*/record.json")]
    failed = [record["failure"] for record in records if record["status"] != "done"]
    if failed:
        return Compared(failure=f"{failed[0]['kind']}: {failed[0]['message']}".splitlines()[0])
    metric = Metric(**records[0]["metric"])
    return Compared(failure="", metric=metric, finding=_finding(records, metric))


def _finding(records: list[dict[str, Any]], metric: Metric) -> Finding:
    scores = {
        (r["config"]["framework"]["name"], r["config"]["seed"]): metric.points * r["score"]
        for r in records
    }
    pairs = [
        Pair(key=seed, torch=scores["torch", seed], tf=scores["tf", seed])
        for seed in sorted({seed for _, seed in scores})
    ]
    standard = compose([]).comparison
    by_ratio = metric.comparison == "ratio"
    margin = standard.score_margin_ratio if by_ratio else standard.score_margin_points
    (finding,) = judge(
        {"": Pairs(pairs=pairs)},
        scale=Scale(ratio=by_ratio, margin=margin),
        confidence=standard.confidence,
    )
    return finding


def _difference(compared: Compared) -> str:
    if compared.finding is None or compared.metric is None or compared.finding.estimate is None:
        return "no figure"
    estimate, name = compared.finding.estimate, compared.metric.name
    if compared.metric.comparison == "ratio":
        return f"{name} ×{estimate:.3f}"
    return f"{name} {estimate:+.1f} points"
