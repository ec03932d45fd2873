"""A plan as its sweep's dated manifest."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from fwexp.config.identity import sha256_of
from fwexp.config.plain import to_plain
from fwexp.errors import StoreError
from fwexp.launch.plan import Plan, PlannedRun
from fwexp.parity.key import certificate_key
from fwexp.store.manifest import Manifest
from fwexp.store.store import Store

UNDECLARED = ("command", "declared_at", "sha256")


def declare(plan: Plan, store: Store) -> Manifest:
    """The plan as a dated manifest; the date stays while nothing it declares changes."""
    first = plan.first
    workloads = {run.workload: run.config for run in plan.runs}
    compared = len({run.config.framework.name for run in plan.runs}) > 1
    manifest = Manifest(
        name=plan.name,
        title=plan.title,
        command=plan.command,
        declared_at=datetime.now(UTC).isoformat(timespec="seconds"),
        sha256="",
        comparison=asdict(first.comparison),
        pricing=asdict(first.pricing),
        targets={key: config.training.target for key, config in workloads.items()},
        levels={key: config.training.level for key, config in workloads.items()},
        machine_class=plan.machine_class,
        blocks=[[run.run_id for run in block] for block in plan.blocks],
        runs=_plain_runs(plan.runs),
        certificates=[certificate_key(c) for c in workloads.values()] if compared else [],
    )
    manifest = replace(manifest, sha256=_sha256(manifest))
    return _as_declared_before(manifest, store)


def _plain_runs(runs: list[PlannedRun]) -> dict[str, dict[str, Any]]:
    """The configurations by run id; those that differ in their seed alone share all the rest."""
    alike: dict[tuple[str, str], dict[str, Any]] = {}
    plain = {}
    for run in runs:
        kind = (run.workload, run.config.framework.name)
        if kind not in alike:
            alike[kind] = to_plain(run.config)
        plain[run.run_id] = alike[kind] | {"seed": run.config.seed}
    return plain


def _sha256(manifest: Manifest) -> str:
    """A hash of what the manifest declares, whatever it is typed with, and whenever.

    Of the runs it takes the ids, which leave out what decides no result: tracking, say.
    """
    plain = vars(manifest) | {"runs": sorted(manifest.runs)}
    return sha256_of({k: v for k, v in plain.items() if k not in UNDECLARED})


def _as_declared_before(manifest: Manifest, store: Store) -> Manifest:
    try:
        before = store.read_manifest(manifest.name)
    except StoreError:  # none yet, or torn: this one takes its place
        return manifest
    if before.sha256 == manifest.sha256:
        return replace(before, runs=manifest.runs)  # tracking, say, may be another now
    store.archive_manifest(before)
    return manifest
