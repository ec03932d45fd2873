"""From a store to the evidence of one sweep."""

from fwexp.evidence.assess import Evidence, assess
from fwexp.evidence.fitting import find_unfit
from fwexp.store.store import Store


def read_evidence(store: Store, name: str) -> Evidence:
    """What the store says about a sweep; StoreError if there is none of that name.

    A file that cannot be read, or is not what its place says, is named and left out.
    """
    manifest = store.read_manifest(name)
    records, complaints = store.read_records(manifest.machine_class, manifest.runs)
    for run_id, reason in find_unfit(manifest, records).items():
        complaints.append(f"{store.run(manifest.machine_class, run_id).record_file}: {reason}")
        del records[run_id]
    earlier, lost = store.read_earlier_manifests(name)
    certificates, torn = store.read_certificates(manifest.certificates)
    histories, torn_too = store.read_histories(manifest.machine_class, records)
    audits, unaudited = store.read_audits(manifest.machine_class, records)
    return assess(
        manifest,
        records=records,
        certificates=certificates,
        audits=audits,
        histories=histories,
        complaints=[*complaints, *torn, *torn_too, *unaudited, *lost],
        earlier=earlier,
    )
