"""The write-up's three files: page.html, page.md and evidence.json."""

import json
from dataclasses import dataclass
from pathlib import Path

from fwexp.evidence.assess import Evidence
from fwexp.evidence.read import read_evidence
from fwexp.files import write_text
from fwexp.processes.locks import hold
from fwexp.store.store import Store
from fwexp.writeup.evidence_json import to_plain
from fwexp.writeup.page import render_html, render_markdown


@dataclass(frozen=True, kw_only=True)
class WriteUp:
    """What was written, and where its page is."""

    evidence: Evidence
    page: Path


def write_up(store: Store, name: str) -> WriteUp:
    """The write-up of one sweep, in its folder; StoreError when no such sweep ran here."""
    store.read_manifest(name)  # or the lock would make a folder for a name that is mistyped
    folder = store.sweep_folder(name)
    with hold(folder / "write_up.lock"):  # else the later one could leave the earlier evidence
        return write_files(read_evidence(store, name), folder)


def write_files(evidence: Evidence, folder: Path) -> WriteUp:
    """The write-up of this evidence, in that folder."""
    page = folder / "page.html"
    write_text(folder / "evidence.json", json.dumps(to_plain(evidence), indent=1))
    write_text(folder / "page.md", render_markdown(evidence))
    write_text(page, render_html(evidence))
    return WriteUp(evidence=evidence, page=page)
