"""`fwexp sync [NAME]`: uploads the store's runs to the W&B service."""

import argparse
import itertools
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fwexp.config.counted import counted
from fwexp.errors import StoreError
from fwexp.processes.locks import hold
from fwexp.store.store import Store
from fwexp.tracking.wandb.mirror_process import LOCK, mirror_folders
from fwexp.tracking.wandb.selection import finished_folders, select
from fwexp.tracking.wandb.service import RETYPE, confine_wandb, connect
from fwexp.tracking.wandb.sync import SyncResult, sync_folders
from fwexp.tracking.wandb.sync_state import is_pending
from fwexp.writeup.write import write_up


def command(argv: list[str]) -> int:
    """`fwexp sync [NAME]`: 0 if the service has everything in the end, 1 if not."""
    parser = argparse.ArgumentParser(
        prog="fwexp sync",
        description="Upload what the W&B service at WANDB_BASE_URL does not have yet. The key "
        "comes from WANDB_API_KEY or wandb login, the team from WANDB_ENTITY.",
    )
    parser.add_argument("name", nargs="?", help="a sweep; without it, all sweeps and single runs")
    parser.add_argument("--store", default="store", metavar="DIR", help="the folder of the records")
    given = parser.parse_args(argv)
    store = Store(given.store)
    if not (store.sweep_names() or (store.path / "runs").is_dir()):
        raise StoreError(f"no sweep has run in the store {store.path} yet; type fwexp sweep demo")
    try:
        result, destination = _sync(store, given.name)
    except OSError as error:
        raise StoreError(f"{error}. {RETYPE}") from error
    _show(result, destination=destination)
    return 1 if result.failed else 0


def _sync(store: Store, name: str | None) -> tuple[SyncResult, str]:
    """What became of each folder, and where they went."""
    wandb_folder = store.path.resolve() / "wandb"
    wandb_folder.mkdir(exist_ok=True)
    confine_wandb(os.environ, folder=wandb_folder, online=True)
    selection = select(store, name, say=_say)
    service = connect(project=selection.project)
    groups = finished_folders(store, selection, write_up=lambda name: write_up(store, name))
    skipped: dict[Path, str] = {}
    for group, folders in groups.items():
        skipped |= _mirror(folders, project=selection.project, group=group, own=wandb_folder)
    found = dict.fromkeys(itertools.chain(*groups.values()))  # sweeps may share runs
    folders = [folder for folder in found if folder not in skipped]
    result = sync_folders(folders, store=store.path.resolve(), service=service, say=_say)
    result.failed |= skipped | selection.unreadable
    return result, f"{service.url}/{service.path}"


def _mirror(folders: list[Path], *, project: str, group: str, own: Path) -> dict[Path, str]:
    """Write the offline runs that are missing, of cluster runs or after a killed command; gives
    back why some could not be."""
    pending = [f for f in folders if is_pending(f)]
    if not pending:
        return {}
    _say(f"writing {counted(len(pending), 'W&B offline run')} first")
    with hold(own / LOCK, on_wait=lambda: _say("waiting for another command's mirror to finish")):
        return mirror_folders(pending, project=project, group=group).skipped


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _show(result: SyncResult, *, destination: str) -> None:
    table = Table(title=f"W&B: {destination}", title_justify="left")
    table.add_column("")
    table.add_column("runs", justify="right")
    table.add_row("uploaded and verified", str(len(result.uploaded)))
    table.add_row("skipped, already uploaded", str(len(result.skipped)))
    table.add_row("failed", str(len(result.failed)))
    console = Console()
    console.print(table)
    for folder, reason in result.failed.items():
        console.print(f"{folder.name}: {reason}", soft_wrap=True, highlight=False, markup=False)
    if result.failed:
        console.print("the same command resumes from here")
