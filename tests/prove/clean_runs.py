"""The long evidence of the runs' audits: no false alarm in clean runs."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fwexp.evidence.aggregate import Workload
from fwexp.evidence.read import read_evidence
from fwexp.meters.environment import commit
from fwexp.store.audit import Check
from fwexp.store.store import Store
from tests.prove.proof import Proof
from tests.prove.table import table
from tests.prove.there import fwexp_there
from tests.prove.traps import ROOT

FEW = ("training=steps", "training.num_steps=60", "training.evaluate_every_epochs=100")
SWEEPS = {
    "digits": (
        *("model=mlp,cnn", "data=digits", "optimizer=sgd,momentum,adam,adamw"),
        *("precision=fp32,bf16", "training.num_epochs=3", "seed=range(5)"),
    ),
    "series": ("model=lstm", "data=airline", *FEW, "seed=range(5)"),
    "ratings": ("model=ncf", "data=ml100k", *FEW, "training.batch_size=1024", "seed=range(5)"),
    "text": ("model=transformer", "data=text", *FEW, "seed=range(3)"),
    "passages": ("model=encoder", "data=passages", *FEW, "seed=range(3)"),
    "translation": ("model=gnmt", "data=verses", *FEW, "training.batch_size=32", "seed=0"),
    "images": ("model=mobilenet,resnet50", "data=cifar10", "optimizer=momentum", *FEW, "seed=0"),
}


@dataclass(frozen=True, kw_only=True)
class Clean:
    """A workload of sound runs, and what was found in them."""

    workload: Workload
    void: str
    checks: list[Check]
    audit_share: float  # of the runs' time


def main() -> Proof:
    """Holds when every run was audited and none failed."""
    found = [clean for sweep in SWEEPS.values() for clean in _run(sweep)]
    audits = [clean.workload.audit for clean in found]
    holds = not any(c.void for c in found) and all(a.num_audited == a.num_runs > 0 for a in audits)
    return Proof(text=page(found), holds=holds)


def page(found: Sequence[Clean]) -> str:
    made = f"{datetime.now(UTC):%Y-%m-%d}, commit {(commit() or 'unknown')[:12]}"
    num_runs = sum(clean.workload.audit.num_runs for clean in found)
    alarms = [clean.void for clean in found if clean.void]
    lines = [
        "# Audits of clean runs: no false alarm",
        "",
        f"Made by `make prove` on {made}; one thread per run.",
        "",
        f"{num_runs} runs; alarms: {'; '.join(alarms) if alarms else 'none'}. A check fails above "
        "its bound, twenty times what one rounding of the weights makes of the same step; the "
        "largest share of it that a clean run reached is given. The last column is what keeping "
        "states took of the runs' time.",
        "",
        *table(
            ["workload", "runs", "steps replayed", "steps compared", "largest share", "time"],
            [_row(clean) for clean in found],
        ),
        "",
    ]
    return "\n".join(lines)


def _row(clean: Clean) -> list[str]:
    config, audit = clean.workload.config, clean.workload.audit
    names = (config.model.name, config.data.name, config.optimizer.name, config.precision.name)
    worst = max((check.share for check in clean.checks), default=0.0)
    return [
        " × ".join(names),
        f"{audit.num_audited} of {audit.num_runs}",
        str(audit.num_steps),
        str(audit.reach),
        f"{100 * worst:.0f} %",
        f"{100 * clean.audit_share:.1f} %",
    ]


def _run(sweep: Sequence[str]) -> list[Clean]:
    with tempfile.TemporaryDirectory(prefix="fwexp-clean-") as folder:
        chosen = ["framework=torch,tf", "hardware.num_threads=1", "tracking=none"]
        done = fwexp_there(Path(ROOT), "-m", *chosen, *sweep, f"store={folder}")
        store = Store(folder)
        assert store.sweep_names(), done.stderr
        (name,) = store.sweep_names()
        print(done.stderr[-300:], flush=True)
        return [_clean(w, store, name) for w in read_evidence(store, name).workloads]


def _clean(workload: Workload, store: Store, name: str) -> Clean:
    evidence = read_evidence(store, name)
    ids = [run.run_id for run in workload.runs]
    audits, _ = store.read_audits(evidence.manifest.machine_class, ids)
    phases = [r.record.phases for r in workload.runs if r.record and r.record.phases]
    spent = sum(p.audit_s for p in phases)
    return Clean(
        workload=workload,
        void=evidence.void.get(workload.label, ""),
        checks=[check for audit in audits.values() for check in audit.checks],
        audit_share=spent / sum(p.total_s for p in phases) if phases else 0.0,
    )
