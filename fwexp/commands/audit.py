"""Audit a finished sweep's runs again: `fwexp parity --audit NAME`."""

from rich.console import Console
from rich.table import Table

from fwexp.data import preparation
from fwexp.errors import ParityError
from fwexp.launch.progress import Display
from fwexp.launch.servers import framework_servers
from fwexp.meters.probe import require_framework
from fwexp.parity.audit import Auditable, audit, describe_audits
from fwexp.parity.key import certificate_key
from fwexp.store.audit import Audit
from fwexp.store.manifest import Manifest
from fwexp.store.store import Store


def audit_sweep(name: str, *, store: Store) -> int:
    """Print each run's audit: 0 when all passed, 1 when one failed.

    ParityError where there is nothing to audit, or the sources are not those of the runs.
    """
    manifest = store.read_manifest(name)
    workloads = [_auditable(key, manifest, store) for key in manifest.workloads]
    for framework in ("torch", "tf"):
        require_framework(framework)
    console, failed = Console(highlight=False), False
    with Display(1) as display, framework_servers(["torch", "tf"], logs=store.logs) as servers:
        display.begin("importing torch and tf")
        servers.wait_ready()
        for workload in workloads:
            preparation.prepare(workload.config.data)
            audits = audit(workload, store=store, servers=servers, say=display.begin, again=True)
            if not audits:
                raise ParityError(
                    f"the runs of {name} have kept no states: they were made by an earlier "
                    "version, or with comparison.audit_mib=0; run the sweep in a new store"
                )
            console.print(_table(audits))
            told = describe_audits(audits, config=workload.config)
            console.print(told, soft_wrap=True, markup=False)
            failed = failed or any(audit.failed for audit in audits)
    return 1 if failed else 0


def _auditable(key: str, manifest: Manifest, store: Store) -> Auditable:
    declared = manifest.workloads[key]
    if declared.certificate is None:
        raise ParityError(f"{manifest.name} has runs of one framework, which nothing can replay")
    if certificate_key(declared.config) != declared.certificate:
        raise ParityError(
            f"the sources or libraries have changed since {manifest.name} ran, so that a replay "
            f"would not be of what ran; type {manifest.command} again"
        )
    ids = [run_id for run_id, run in manifest.runs.items() if run.workload == key]
    return Auditable(
        config=declared.config,
        certificate=declared.certificate,
        folders=[store.run(manifest.machine_class, run_id) for run_id in ids],
    )


def _table(audits: list[Audit]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("run", "steps replayed", "passed", "nearest to its bound"):
        table.add_column(title, overflow="fold")
    for made in audits:
        worst = made.failed or max(made.checks, key=lambda check: check.share, default=None)
        steps = ", ".join(str(step + 1) for step in made.steps)
        told = worst.text() if worst else "nothing was kept"
        table.add_row(made.run_id, steps, "NO" if made.failed else "yes", told)
    return table
