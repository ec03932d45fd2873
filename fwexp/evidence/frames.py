"""A sweep's evidence and records for programs: typed, and as pandas frames.

sweep = fwexp.read("store", "demo")
sweep.evidence.decision.headline
sweep.runs.groupby(["workload", "framework"]).score.mean()
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from fwexp.evidence.aggregate import Run, Workload
from fwexp.evidence.assess import Evidence
from fwexp.evidence.cost import cost_usd
from fwexp.evidence.questions import peak_mib, step_ms
from fwexp.evidence.read import read_evidence
from fwexp.store.record import History, Phases, RunRecord
from fwexp.store.store import Store

Row = dict[str, Any]
KEY = ("run_id", "workload", "framework", "seed")  # the first columns of each frame
# Columns of `runs` taken straight from the record.
FIGURES = (
    *("score", "num_steps", "num_first_steps", "num_parameters", "import_s"),
    *("samples_per_s", "units_per_s", "unit", "data_wait_ms_per_step"),
    *("started_at", "finished_at"),
)


def read(store: str | Path, name: str) -> "Sweep":
    """The sweep of that name in a store; StoreError if there is none."""
    opened = Store(store)
    return Sweep(store=opened, evidence=read_evidence(opened, name))


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One sweep: its evidence, its records by run id, and three frames keyed by `run_id`."""

    store: Store
    evidence: Evidence

    @property
    def records(self) -> dict[str, RunRecord]:
        """The usable records, by run id."""
        return {run.run_id: run.record for _, run in self._runs() if run.record}

    def history(self, run_id: str) -> History | None:
        """The run's series; None if it has none, StoreError if they are torn."""
        return self.store.run(self.evidence.manifest.machine_class, run_id).read_history()

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row per declared run; times in seconds, memory in MiB, cost in US$."""
        return pd.DataFrame([_run_row(workload, run, self) for workload, run in self._runs()])

    @cached_property
    def evaluations(self) -> pd.DataFrame:
        """A row per evaluation of a usable run, with a column per score."""
        rows = [
            _key(workload, run) | {"step": e.step, "train_s": e.train_s} | e.scores
            for workload, run in self._runs()
            for e in (run.record.evaluations if run.record else ())
        ]
        return pd.DataFrame(rows) if rows else pd.DataFrame(columns=[*KEY, "step", "train_s"])

    @cached_property
    def steps(self) -> pd.DataFrame:
        """A row per optimizer step of a usable run: loss, step_s, learning_rate."""
        frames = [
            pd.DataFrame(
                {**_key(workload, run), "step": range(1, len(found.loss) + 1), **vars(found)}
            )
            for workload, run in self._runs()
            if run.record and (found := self.history(run.run_id)) is not None
        ]
        columns = [*KEY, "step", *(f.name for f in fields(History))]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)

    def _runs(self) -> Iterator[tuple[Workload, Run]]:
        for workload in self.evidence.workloads:
            for run in workload.runs:
                yield workload, run


def _key(workload: Workload, run: Run) -> Row:
    return dict(zip(KEY, (run.run_id, workload.label, run.framework, run.seed), strict=True))


def _run_row(workload: Workload, run: Run, sweep: Sweep) -> Row:
    record = run.record
    row = _key(workload, run) | {
        "block": run.block,
        "problem": run.problem,
        "timing_problem": run.timing_problem,
        "metric": workload.metric.name if workload.metric else None,
    }
    row |= {name: getattr(record, name, None) for name in FIGURES}
    phases = record.phases if record else None
    row |= {f.name: getattr(phases, f.name, None) for f in fields(Phases)}
    pricing = sweep.evidence.manifest.pricing
    return row | {
        "step_ms": step_ms(record) if record else None,
        "peak_mib": peak_mib(record) if record else None,
        "cost_usd": cost_usd(record, pricing) if record else None,
    }
