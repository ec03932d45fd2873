"""From a store to the evidence of one sweep."""

from fwexp.evidence.assess import Evidence, assess
from fwexp.store.store import Store


def read_evidence(store: Store, name: str) -> Evidence:
    """What the store says about a sweep; StoreError if there is none of that name."""
    manifest = store.read_manifest(name)
    records, complaints = store.read_records(manifest.machine_class, manifest.runs)
    certificates, torn = store.read_certificates(manifest.certificates)
    histories, torn_too = store.read_histories(manifest.machine_class, records)
    audits, unaudited = store.read_audits(manifest.machine_class, records)
    return assess(
        manifest,
        records=records,
        certificates=certificates,
        audits=audits,
        histories=histories,
        complaints=[*complaints, *torn, *torn_too, *unaudited],
    )
