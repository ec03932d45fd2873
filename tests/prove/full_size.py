"""The six quoted models at their published sizes: certified, trained some steps, and in how much
memory.

What the sweep has already run on this machine is taken from ./store.
"""

import subprocess
import sys
from datetime import UTC, datetime
from statistics import fmean

from fwexp.evidence.aggregate import NAMES
from fwexp.meters.environment import commit
from fwexp.parity.comparing import FLOAT64_TOLERANCE
from fwexp.store.certificate import Certificate
from fwexp.store.manifest import Manifest
from fwexp.store.record import RunRecord
from fwexp.store.store import Store
from tests.prove.proof import Proof
from tests.prove.table import table
from tests.prove.traps import ROOT

STORE = Store(str(ROOT / "store"))
COMMAND = ["sweep", "throughput", "comparison.num_seeds=1"]
MIN_STEPS = 3
MAX_MIB = 24 * 1024


def main() -> Proof:
    """Holds when all are certified and have trained within the memory."""
    done = subprocess.run(
        [sys.executable, "-m", "fwexp", *COMMAND], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    print(done.stdout)
    manifest = STORE.read_manifest(done.stdout.rpartition("page: ")[2].split("/")[-2])
    records, _ = STORE.read_records(manifest.machine_class, manifest.runs)
    made, _ = STORE.read_certificates(manifest.certificates)
    certificates = list(made.values())
    holds = (
        done.returncode == 0
        and len(made) == len(manifest.certificates)
        and all(certificate.passed for certificate in certificates)
        and len(records) == len(manifest.runs)
        and all((r.num_steps or 0) >= MIN_STEPS for r in records.values())
        and all(_peak_mib(r) < MAX_MIB for r in records.values())
    )
    return Proof(text=page(manifest, list(records.values()), certificates), holds=holds)


def page(manifest: Manifest, records: list[RunRecord], certificates: list[Certificate]) -> str:
    """The page's Markdown."""
    made = f"{datetime.now(UTC):%Y-%m-%d}, commit {(commit() or 'unknown')[:12]}"
    header = [
        *("model", "optimizer", "parameters", "certificate", "locked steps of"),
        *("worst in float64", "PyTorch, MiB", "TensorFlow, MiB"),
        *("PyTorch, s a step", "TensorFlow, s a step"),
    ]
    rows = [
        _row(certificate, [r for r in records if r.config.model.name == certificate.model])
        for certificate in certificates
    ]
    lines = [
        "# Full size: the six quoted models as published",
        "",
        f"Made by `make prove` on {made}; {manifest.machine_class}; one thread a run.",
        "",
        f"`fwexp {' '.join(COMMAND)}`: forward, backward and step on noise. A certificate "
        "compares data, parameters, initial weights, every block's output, loss and gradients at "
        "this very size, and takes twenty locked steps with the smaller model named. Memory is the "
        "most that the run held, imports included; a step is the mean once warm, of one run: it "
        "says how long a sweep takes, and not which framework is faster.",
        "",
        *table(header, rows),
    ]
    return "\n".join(lines) + "\n"


def _row(certificate: Certificate, records: list[RunRecord]) -> list[str]:
    worst = max(s.difference for s in certificate.stages if s.tolerance <= FLOAT64_TOLERANCE)
    sides = [[r for r in records if r.config.framework.name == name] for name in NAMES]
    return [
        certificate.model,
        certificate.optimizer,
        f"{certificate.num_parameters:,}",
        f"{len(certificate.stages)} stages {'passed' if certificate.passed else 'FAILED'}",
        certificate.stand_in,
        f"{worst:.0e}",
        *(f"{max(map(_peak_mib, side)):,.0f}" for side in sides),
        *(f"{fmean(map(_step_s, side)):.2f}" for side in sides),
    ]


def _peak_mib(record: RunRecord) -> float:
    memory = record.memory
    assert memory is not None, f"{record.run_id} has failed"
    added = (memory.data_peak_mib, memory.build_peak_mib, memory.train_peak_mib)
    return memory.import_rss_mib + max(added)


def _step_s(record: RunRecord) -> float:
    assert record.phases is not None
    assert record.num_steps is not None
    assert record.num_first_steps is not None
    return record.phases.steady_s / (record.num_steps - record.num_first_steps)
