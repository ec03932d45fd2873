"""The long evidence of the runs' audits: what becomes of traps that only a run meets."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from fwexp.evidence.assess import assess
from fwexp.evidence.read import read_evidence
from fwexp.evidence.run_audit import RunAudit
from fwexp.meters.environment import commit
from fwexp.store.store import Store
from tests.prove.planting import planted
from tests.prove.proof import Proof
from tests.prove.table import table
from tests.prove.there import fwexp_there
from tests.prove.traps import Trap, copy_project
from tests.prove.traps_of_runs import RUN_TRAPS

SEEDS = 3
CERTIFICATE, TOGETHER, REPLAY, NOTHING = "certificate", "runs together", "replay", "NOT CAUGHT"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the write-up says of a planted trap, and would have said without looking at the runs."""

    trap: Trap
    by: str
    reason: str
    otherwise: str  # the sentence that would have stood


def main() -> Proof:
    """Holds when every trap was caught, and nothing in runs without one."""
    with tempfile.TemporaryDirectory(prefix="fwexp-prove-") as scratch:
        project = copy_project(Path(scratch) / "project")
        clean = {trap.overrides for trap in RUN_TRAPS}
        alarms = [reason for overrides in sorted(clean) if (reason := _run(project, overrides)[1])]
        found = [_find(trap, project) for trap in RUN_TRAPS]
    holds = not alarms and all(f.by != NOTHING for f in found)
    return Proof(text=page(found, alarms), holds=holds)


def page(found: Sequence[Found], alarms: Sequence[str]) -> str:
    made = f"{datetime.now(UTC):%Y-%m-%d}, commit {(commit() or 'unknown')[:12]}"
    by = Counter(f.by for f in found)
    lines = [
        "# Audits: what ran is what was certified",
        "",
        f"Made by `make prove` on {made}; cnn on digits, {SEEDS} seeds per framework, one thread.",
        "",
        "Each trap was planted into a copy of fwexp, in the path of a run: it waits for a late "
        "step, a large batch, an evaluation or float32. The certificate takes steps as a run does, "
        "runs of one seed are read together, and the other framework replays steps drawn from the "
        "run's id. The first that caught the trap is named; the last column is what the write-up "
        "would have said without the latter two. The list is ours: it shows that these are caught, "
        "not that others are.",
        "",
        f"{len(found)} traps; caught by {', '.join(f'{k} {n}' for k, n in by.items())}. "
        f"Without a trap: {'; '.join(alarms) if alarms else 'no alarm'}.",
        "",
        *table(["trap", "caught by", "reason", "otherwise"], [_row(f) for f in found]),
        "",
    ]
    return "\n".join(lines)


def _row(found: Found) -> list[str]:
    overrides = f"; `{found.trap.overrides[-1]}`" if "schedule" in found.trap.overrides[-1] else ""
    return [f"{found.trap.what}{overrides}", found.by, found.reason, found.otherwise]


def _find(trap: Trap, project: Path) -> Found:
    with planted(trap, project):
        by, reason, otherwise = _run(project, trap.overrides)
    print(f"{trap.what}: {by}: {reason}; otherwise: {otherwise}", flush=True)
    return Found(trap=trap, by=by, reason=reason, otherwise=otherwise)


def _run(project: Path, overrides: Sequence[str]) -> tuple[str, str, str]:
    """By what the comparison is void, why, and what would stand otherwise."""
    with tempfile.TemporaryDirectory(prefix="fwexp-trap-") as folder:
        chosen = ["model=cnn", "data=digits", "hardware.num_threads=1", "tracking=none"]
        axes = ["framework=torch,tf", f"seed=range({SEEDS})"]
        done = fwexp_there(project, "-m", *axes, *chosen, *overrides, f"store={folder}")
        store = Store(folder)
        assert store.sweep_names(), done.stderr
        (name,) = store.sweep_names()
        evidence = read_evidence(store, name)
        manifest = evidence.manifest
        records, _ = store.read_records(manifest.machine_class, manifest.runs)
        certificates, _ = store.read_certificates(manifest.certificates)
        with mock.patch("fwexp.evidence.assess.audit_runs", return_value=RunAudit()):
            unread = assess(manifest, records=records, certificates=certificates)
    reason = "; ".join(evidence.void.values())
    otherwise = unread.decision.recommendation
    if not all(certificate.passed for certificate in certificates.values()):
        return CERTIFICATE, reason, "not run"
    if "audit of" in reason:
        return REPLAY, reason, otherwise
    return (TOGETHER, reason, otherwise) if reason else (NOTHING, "", otherwise)
