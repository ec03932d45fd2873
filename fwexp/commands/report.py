"""`fwexp report NAME…`: from a store to a write-up."""

import argparse
import json
from pathlib import Path

from rich.console import Console

from fwexp.evidence.assess import Evidence, assess
from fwexp.processes.locks import hold
from fwexp.store.store import Store, write_text
from fwexp.writeup.page import render_html, render_markdown
from fwexp.writeup.plain import to_plain
from fwexp.writeup.terminal import show


def write(store: Store, name: str, *, console: Console | None = None) -> Path:
    """Write page.html, page.md and evidence.json of one sweep; gives back the page's path.

    Prints the headline and the verdicts. Raises StoreError when no such sweep ran here.
    """
    store.read_manifest(name)
    folder = store.sweep_folder(name)
    with hold(folder / "write_up.lock"):  # else the later one could leave the earlier evidence
        return write_files(read_evidence(store, name), folder, console=console)


def read_evidence(store: Store, name: str) -> Evidence:
    """What the store says of a sweep; StoreError when no such sweep ran here."""
    manifest = store.read_manifest(name)
    records, complaints = store.read_records(manifest.machine_class, manifest.runs)
    return assess(
        manifest,
        records=records,
        certificates=store.read_certificates(manifest.certificates),
        complaints=complaints,
    )


def write_files(evidence: Evidence, folder: Path, *, console: Console | None = None) -> Path:
    """The page's path, after writing it with its Markdown and figures, and showing the verdicts."""
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
    parser.add_argument(
        "--from",
        dest="origin",
        choices=["store", "wandb"],
        default="store",
        help="wandb: from the W&B service, without the records; the page goes under the store",
    )
    arguments = parser.parse_args(argv)
    store = Store(arguments.store)
    if arguments.origin == "wandb":
        for name in arguments.names:
            _write_from_wandb(store, name)
        return 0
    for name in arguments.names:
        store.read_manifest(name)  # a wrong last name is told before the first page is written
    for name in arguments.names:
        write(store, name)
    return 0


def _write_from_wandb(store: Store, name: str) -> Path:
    from fwexp.tracking.wandb.read_back import evidence_from_wandb

    evidence = evidence_from_wandb(name, folder=store.path / "wandb")
    return write_files(evidence, store.sweep_folder(name) / "from_wandb")
