"""A simulated sweep as a store holds it."""

from dataclasses import asdict
from pathlib import Path

from fwexp.store.store import Store, write_json
from tests.evidence.factory import Sweep


def save(sweep: Sweep, path: Path) -> Store:
    """A store at this path with the sweep's manifest, records and certificates."""
    store = Store(path)
    store.write_manifest(sweep.manifest)
    for record in sweep.records.values():
        folder = store.run_folder(record.machine_class, record.run_id)
        write_json(folder / "record.json", asdict(record))
    for certificate in sweep.certificates:
        store.write_certificate(certificate)
    return store
