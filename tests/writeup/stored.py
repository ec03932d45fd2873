"""A simulated sweep as a store holds it."""

from pathlib import Path

from fwexp.store.store import Store
from tests.evidence.factory import Sweep


def save(sweep: Sweep, path: Path) -> Store:
    """A store at this path with the sweep's manifest, records and certificates."""
    store = Store(path)
    store.write_manifest(sweep.manifest)
    for record in sweep.records.values():
        store.run(record.machine_class, record.run_id).finish(record)
    for certificate in sweep.certificates.values():
        store.write_certificate(certificate)
    return store
