"""`fwexp sync [NAME]`: the copies in the store go to the W&B service."""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fwexp.errors import FwexpError
from fwexp.launch.manifest import Manifest
from fwexp.runs.locks import hold
from fwexp.runs.store import Store
from fwexp.tracking.marker import is_pending, source_of
from fwexp.tracking.mirror import LOCK, mirror_runs
from fwexp.tracking.offline import confine_wandb
from fwexp.tracking.service import PROJECT, connect
from fwexp.tracking.sync import SyncResult, sync_folders

SINGLE = "single"  # the group of runs that no sweep declared


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
    names = [given.name] if given.name else store.sweep_names()
    sweeps = {name: store.read_manifest(name) for name in names}
    wandb_folder = store.path.resolve() / "wandb"
    confine_wandb(os.environ, folder=wandb_folder, online=True)
    groups = {name: sweep_folders(store, name) for name in sweeps}
    for name in sweeps:
        if not source_of(store.sweep_folder(name)).is_file():
            _say(f"{name} has no write-up yet: its verdicts go up after fwexp report {name}")
    if not given.name:
        groups[SINGLE] = _singles(store, known={f for group in groups.values() for f in group})
    project = _project(sweeps.values())
    service = connect(project=project)
    for name, folders in groups.items():
        _copy(folders, project=project, group=name, folder=wandb_folder)
    folders = list(dict.fromkeys(f for group in groups.values() for f in group))
    result = sync_folders(folders, store=store.path.resolve(), service=service, say=_say)
    _show(result, place=f"{service.url}/{service.path}")
    return 1 if result.failed else 0


def _project(sweeps: Iterable[Manifest]) -> str:
    """The W&B project that the sweeps name; FwexpError where they name several."""
    configs = [config for manifest in sweeps for config in manifest.runs.values()]
    projects = sorted({str(config["tracking"]["project"]) for config in configs})
    if len(projects) > 1 and "WANDB_PROJECT" not in os.environ:
        raise FwexpError(
            f"the sweeps belong to several W&B projects ({', '.join(projects)}): name one sweep, "
            "as in fwexp sync demo, or set WANDB_PROJECT"
        )
    return projects[0] if projects else PROJECT


def sweep_folders(store: Store, name: str) -> list[Path]:
    """The folders of a sweep's runs that have a record, and its own where it has a write-up."""
    manifest = store.read_manifest(name)
    runs = [store.run_folder(manifest.machine_class, run_id) for run_id in manifest.runs]
    return [f.resolve() for f in (*runs, store.sweep_folder(name)) if source_of(f).is_file()]


def _singles(store: Store, *, known: set[Path]) -> list[Path]:
    records = (store.path.resolve() / "runs").glob("*/*/record.json")
    return sorted({record.parent for record in records} - known)


def _copy(folders: list[Path], *, project: str, group: str, folder: Path) -> None:
    """Copies of what has none yet: runs of a cluster, or of a driver that was killed."""
    pending = [f for f in folders if is_pending(f)]
    if not pending:
        return
    _say(f"copying {len(pending)} finished runs first")
    with hold(folder / LOCK):
        mirror_runs(pending, project=project, group=group)


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
