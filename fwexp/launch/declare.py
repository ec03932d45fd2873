"""A plan as its sweep's dated manifest."""

from dataclasses import replace
from datetime import UTC, datetime

from fwexp.config.plain import to_plain
from fwexp.config.schema import Config, Framework
from fwexp.errors import LaterVersionError, StoreError
from fwexp.launch.plan import Plan
from fwexp.parity.key import certificate_key
from fwexp.runs.identity import sha256_of
from fwexp.store.manifest import DeclaredRun, DeclaredWorkload, Manifest
from fwexp.store.store import Store

UNDECLARED = ("command", "declared_at", "sha256", "schema")


def declare(plan: Plan, store: Store) -> Manifest:
    """The plan as a dated manifest; what was declared once keeps its date, whatever came between.

    LaterVersionError if a later version of fwexp has declared a sweep of this name.
    """
    first = plan.first
    manifest = Manifest(
        name=plan.name,
        title=plan.title,
        command=plan.command,
        declared_at=datetime.now(UTC).isoformat(timespec="seconds"),
        sha256="",
        comparison=first.comparison,
        pricing=first.pricing,
        machine_class=plan.machine_class,
        workloads=_workloads(plan),
        runs={
            run.run_id: DeclaredRun(
                workload=run.workload, framework=run.config.framework.name, seed=run.config.seed
            )
            for run in plan.runs
        },
        blocks=[[run.run_id for run in block] for block in plan.blocks],
    )
    manifest = replace(manifest, sha256=_sha256(manifest))
    return _as_declared_before(manifest, store)


def _workloads(plan: Plan) -> dict[str, DeclaredWorkload]:
    compared = len({run.config.framework.name for run in plan.runs}) > 1
    configs = {run.workload: run.config for run in reversed(plan.runs)}
    return {
        key: DeclaredWorkload(
            config=_without_framework_and_seed(configs[key]),
            certificate=certificate_key(configs[key]) if compared else None,
        )
        for key in dict.fromkeys(run.workload for run in plan.runs)
    }


def _without_framework_and_seed(config: Config) -> Config:
    return replace(config, framework=Framework(name=""), seed=0)


def _sha256(manifest: Manifest) -> str:
    """A hash of what the manifest declares, whatever the command and the date.

    It covers the runs' ids, which leave out what decides no result (such as tracking), and the
    workloads' targets and certificates, which the ids leave out.
    """
    plain = to_plain(manifest) | {"runs": sorted(manifest.runs)}
    plain["workloads"] = {
        key: [workload.target, workload.quality_target, workload.certificate]
        for key, workload in manifest.workloads.items()
    }
    return sha256_of({key: value for key, value in plain.items() if key not in UNDECLARED})


def _as_declared_before(manifest: Manifest, store: Store) -> Manifest:
    try:
        before = store.read_manifest(manifest.name)
    except LaterVersionError:
        raise
    except StoreError:  # none yet, or torn: replaced
        return manifest
    if before.sha256 != manifest.sha256:
        store.archive_manifest(before)
    earlier, _ = store.read_earlier_manifests(manifest.name)
    for same in (*earlier, before):
        if same.sha256 == manifest.sha256:  # other values may have changed: tracking, say
            return replace(same, workloads=manifest.workloads)
    return manifest
