"""`fwexp report NAME…`: from a store to a write-up, or to a table for other programs."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from fwexp.config.counted import counted
from fwexp.errors import FwexpError, StoreError
from fwexp.evidence.assess import Evidence
from fwexp.files import whole_file
from fwexp.store.store import Store
from fwexp.text import strip
from fwexp.writeup.terminal import show
from fwexp.writeup.write import WriteUp, write_files, write_up

MAX_COMPLAINTS = 10  # named in the terminal; the page names all
TABLES = ("runs", "evaluations", "steps")


def write_and_show(store: Store, name: str) -> None:
    """Write up one sweep and print its headline, verdicts and page."""
    _show(write_up(store, name))


def command(argv: list[str]) -> int:
    """`fwexp report`: the write-up of each named sweep, or its table; 0, or a StoreError."""
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
    parser.add_argument(
        "--to", type=Path, metavar="FILE", help="write a table to FILE.csv or FILE.parquet instead"
    )
    parser.add_argument("--table", choices=TABLES, help="which, with --to; runs unless it is named")
    arguments = parser.parse_args(argv)
    store = Store(arguments.store)
    if arguments.to is not None:
        _check_table(arguments)
        _write_table(store, arguments.names[0], arguments.table or "runs", arguments.to)
        return 0
    if arguments.table is not None:
        raise FwexpError("--table: only with --to, as in fwexp report demo --to demo.csv")
    if arguments.origin == "wandb":
        for name in arguments.names:
            _write_from_wandb(store, name)
        return 0
    return _write_up(store, arguments.names)


def _write_up(store: Store, names: list[str]) -> int:
    """A page for each sweep; then StoreError, which names the manifests that cannot be read."""
    unreadable = []
    for name in names:  # a wrong last name is reported before the first page is written
        try:
            store.read_manifest(name)
        except StoreError as error:
            if name not in store.sweep_names():
                raise
            unreadable.append((name, error))
    for name in names:
        if name not in dict(unreadable):
            write_and_show(store, name)
    if len(unreadable) == 1:
        raise unreadable[0][1]
    if unreadable:
        raise StoreError("\n".join(str(error) for _, error in unreadable))
    return 0


def _check_table(arguments: argparse.Namespace) -> None:
    if len(arguments.names) > 1:
        raise FwexpError("--to: one sweep per file; name one")
    if arguments.origin != "store":
        raise FwexpError(f"--to: from the store only; leave out --from {arguments.origin}")
    if arguments.to.suffix not in (".csv", ".parquet"):
        raise FwexpError(f"--to {arguments.to}: name a file that ends in .csv or .parquet")
    if not arguments.to.absolute().parent.is_dir():
        raise FwexpError(f"--to {arguments.to}: there is no folder {arguments.to.parent}")


def _write_table(store: Store, name: str, table: str, to: Path) -> None:
    from fwexp.evidence.frames import read  # imports pandas

    sweep = read(store.path, name)
    frame = getattr(sweep, table)
    try:
        with whole_file(to) as file:
            write = frame.to_csv if to.suffix == ".csv" else frame.to_parquet
            write(file, index=False)
    except OSError as error:
        raise FwexpError(f"--to {to}: cannot be written ({error.strerror})") from error
    _warn(sweep.evidence)
    print(f"{table}: {counted(len(frame), 'row')} in {to}")


def _write_from_wandb(store: Store, name: str) -> None:
    from fwexp.tracking.wandb.read_back import evidence_from_wandb

    evidence = evidence_from_wandb(name, folder=store.path / "wandb")
    _show(write_files(evidence, store.sweep_folder(name) / "from_wandb"))


def _show(written: WriteUp) -> None:
    _warn(written.evidence)
    show(written.evidence, page=written.page, console=Console())


def _warn(evidence: Evidence) -> None:
    """Name what was left out."""
    for complaint in evidence.complaints[:MAX_COMPLAINTS]:
        print(f"warning: {strip(complaint)}; it is left out", file=sys.stderr)
    if (more := len(evidence.complaints) - MAX_COMPLAINTS) > 0:
        print(f"warning: and {more} more, which the page names", file=sys.stderr)
