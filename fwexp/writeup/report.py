"""`fwexp report NAME…`: from a store to a write-up."""

import argparse
import json
from pathlib import Path

from rich.console import Console

from fwexp.evidence.assess import assess
from fwexp.runs.store import Store, write_text
from fwexp.writeup.page import render_html, render_markdown
from fwexp.writeup.plain import to_plain
from fwexp.writeup.terminal import show


def write(store: Store, name: str, *, console: Console | None = None) -> Path:
    """Write page.html, page.md and evidence.json of one sweep; gives back the page's path.

    Prints the headline and the verdicts. Raises StoreError when no such sweep ran here.
    """
    manifest = store.read_manifest(name)
    records, complaints = store.read_records(manifest.machine_class, manifest.runs)
    evidence = assess(
        manifest,
        records=records,
        certificates=store.read_certificates(manifest.certificates),
        complaints=complaints,
    )
    folder = store.sweep_folder(name)
    page = folder / "page.html"
    write_text(folder / "evidence.json", json.dumps(to_plain(evidence), indent=1))
    write_text(folder / "page.md", render_markdown(evidence))
    write_text(page, render_html(evidence))
    show(evidence, page=page, console=console or Console())
    return page


def command(argv: list[str]) -> int:
    """`fwexp report`: the write-up of each named sweep; 0, or a StoreError."""
    parser = argparse.ArgumentParser(prog="fwexp report", description="Write up finished sweeps.")
    parser.add_argument("names", nargs="+", metavar="NAME", help="a sweep that has run")
    parser.add_argument("--store", default="store", metavar="DIR", help="where the records lie")
    arguments = parser.parse_args(argv)
    store = Store(arguments.store)
    for name in arguments.names:
        store.read_manifest(name)  # a wrong last name is told before the first page is written
    for name in arguments.names:
        write(store, name)
    return 0
