"""`fwexp report NAME…`: from a store to a write-up."""

import argparse

from rich.console import Console

from fwexp.store.store import Store
from fwexp.writeup.terminal import show
from fwexp.writeup.write import WriteUp, write_files, write_up


def write_and_show(store: Store, name: str) -> None:
    """Write up one sweep and print its headline, verdicts and page."""
    _show(write_up(store, name))


def command(argv: list[str]) -> int:
    """`fwexp report`: the write-up of each named sweep; 0, or a StoreError."""
    parser = argparse.ArgumentParser(prog="fwexp report", description="Write up finished sweeps.")
    parser.add_argument("names", nargs="+", metavar="NAME", help="a sweep that has run")
    parser.add_argument("--store", default="store", metavar="DIR", help="where the records are")
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
        write_and_show(store, name)
    return 0


def _write_from_wandb(store: Store, name: str) -> None:
    from fwexp.tracking.wandb.read_back import evidence_from_wandb

    evidence = evidence_from_wandb(name, folder=store.path / "wandb")
    _show(write_files(evidence, store.sweep_folder(name) / "from_wandb"))


def _show(written: WriteUp) -> None:
    show(written.evidence, page=written.page, console=Console())
