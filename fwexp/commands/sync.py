"""`fwexp sync [NAME]`: the copies in the store go to the W&B service."""

import argparse
import itertools
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fwexp.errors import StoreError
from fwexp.processes.locks import hold
from fwexp.store.store import Store
from fwexp.tracking.marker import is_pending
from fwexp.tracking.mirror import LOCK, mirror_runs
from fwexp.tracking.offline import confine_wandb
from fwexp.tracking.selection import select, write_up
from fwexp.tracking.service import connect
from fwexp.tracking.sync import SyncResult, sync_folders


def command(argv: list[str]) -> int:
    """`fwexp sync [NAME]`: 0 when the service has everything, 1 when something is lacking."""
    parser = argparse.ArgumentParser(
        prog="fwexp sync",
        description="Upload what the W&B service of WANDB_BASE_URL does not have yet. The key is "
        "taken from WANDB_API_KEY or from wandb login, the team from WANDB_ENTITY.",
    )
    parser.add_argument("name", nargs="?", help="a sweep; without it all, and the single runs")
    parser.add_argument("--store", default="store", metavar="DIR", help="where the records lie")
    given = parser.parse_args(argv)
    store = Store(given.store)
    if not (store.sweep_names() or (store.path / "runs").is_dir()):
        raise StoreError(f"no sweep has run in the store {store.path} yet; type fwexp sweep demo")
    try:
        result, place = _sync(store, given.name)
    except OSError as error:
        raise StoreError(f"{error}. Nothing is lost: the same command goes on from here") from error
    _show(result, place=place)
    return 1 if result.failed else 0


def _sync(store: Store, name: str | None) -> tuple[SyncResult, str]:
    """What became of it all, and where it went to."""
    wandb_folder = store.path.resolve() / "wandb"
    wandb_folder.mkdir(exist_ok=True)
    confine_wandb(os.environ, folder=wandb_folder, online=True)
    chosen = select(store, name, say=_say)
    service = connect(project=chosen.project)
    skipped: dict[Path, str] = {}
    groups = write_up(store, chosen)
    for group, folders in groups.items():
        skipped |= _copy(folders, project=chosen.project, group=group, folder=wandb_folder)
    found = dict.fromkeys(itertools.chain(*groups.values()))  # sweeps may share runs
    folders = [folder for folder in found if folder not in skipped]
    result = sync_folders(folders, store=store.path.resolve(), service=service, say=_say)
    result.failed |= skipped | chosen.torn
    return result, f"{service.url}/{service.path}"


def _copy(folders: list[Path], *, project: str, group: str, folder: Path) -> dict[Path, str]:
    """Copies of what has none yet: runs of a cluster, or of a driver that was killed; why some
    cannot be made."""
    pending = [f for f in folders if is_pending(f)]
    if not pending:
        return {}
    _say(f"copying {len(pending)} finished runs first")
    with hold(folder / LOCK, on_wait=lambda: _say("waiting for a driver that copies its runs")):
        return mirror_runs(pending, project=project, group=group).skipped


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _show(result: SyncResult, *, place: str) -> None:
    table = Table(title=f"W&B: {place}", title_justify="left")
    table.add_column("")
    table.add_column("runs", justify="right")
    table.add_row("uploaded, and counted there", str(len(result.uploaded)))
    table.add_row("skipped, there already", str(len(result.skipped)))
    table.add_row("failed", str(len(result.failed)))
    console = Console()
    console.print(table)
    for folder, reason in result.failed.items():
        console.print(f"{folder.name}: {reason}", soft_wrap=True, highlight=False, markup=False)
    if result.failed:
        console.print("the same command goes on from here")
