"""The data sets of the sweep."""

from fwexp.evidence.assess import Evidence
from fwexp.writeup.section import Section, Table

MAX_HASH = 12  # characters of a hash that a reader compares


def data(evidence: Evidence) -> list[Section]:
    """Each data set's size, provenance, licence and content hash."""
    sets = {w.config.data.name: w.config.data for w in evidence.workloads}
    rows = [
        [
            name,
            f"{data.num_train:,} / {data.num_test:,}",
            data.provenance,
            data.licence,
            data.sha256[:MAX_HASH],
        ]
        for name, data in sets.items()
    ]
    columns = ["Data set", "Training / test samples", "Provenance", "Licence", "SHA-256"]
    return [Section(key="data", title="Data", table=Table(columns=columns, rows=rows))]
