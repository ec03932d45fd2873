"""Which of a store's sweeps and runs `fwexp sync` uploads, and to which project."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fwexp.config.schema import Tracking
from fwexp.errors import FwexpError, StoreError
from fwexp.store.manifest import Manifest
from fwexp.store.store import Store
from fwexp.tracking.wandb.service import PROJECT
from fwexp.tracking.wandb.sync_state import read_offline_run, source_of

SINGLE = "single"  # the group of runs that no sweep declared


@dataclass(kw_only=True)
class Selection:
    """What is uploaded, and to which project."""

    project: str
    sweeps: dict[str, Manifest]
    singles: list[Path] = field(default_factory=list)  # the runs' folders
    unreadable: dict[Path, str] = field(default_factory=dict)  # why


def select(store: Store, name: str | None, *, say: Callable[[str], None]) -> Selection:
    """The sweep of that name; without one, all sweeps and single runs tracked by W&B.

    Raises FwexpError if they belong to several projects and WANDB_PROJECT is not set.
    """
    unreadable: dict[Path, str] = {}
    sweeps = {name: store.read_manifest(name)} if name else _tracked_sweeps(store, unreadable, say)
    known = {folder for manifest in sweeps.values() for folder in _runs(store, manifest)}
    singles = {} if name else _tracked_singles(store, unreadable, known=known)
    trackings = [w.config.tracking for m in sweeps.values() for w in m.workloads.values()]
    project = _project([*trackings, *singles.values()])
    return Selection(project=project, sweeps=sweeps, singles=list(singles), unreadable=unreadable)


def finished_folders(
    store: Store, selection: Selection, *, write_up: Callable[[str], object]
) -> dict[str, list[Path]]:
    """The folders of everything that has finished, by W&B group.

    Each sweep is written up anew, as runs may have finished since the last time; one that cannot
    be is noted as unreadable.
    """
    groups = {}
    for name, manifest in selection.sweeps.items():
        own = [store.sweep_folder(name).resolve()]
        try:
            write_up(name)
        except (StoreError, KeyError, TypeError, ValueError) as error:  # contradictory
            what = str(error) if isinstance(error, StoreError) else repr(error)
            selection.unreadable[own.pop()] = f"cannot be written up: {what}"
        groups[name] = [*_runs(store, manifest), *own]  # at least the runs of the write-up
    return groups | {SINGLE: selection.singles}


def _runs(store: Store, manifest: Manifest) -> list[Path]:
    """The folders of a sweep's runs that have a record."""
    runs = [store.run(manifest.machine_class, run_id).path for run_id in manifest.runs]
    return [run.resolve() for run in runs if source_of(run).is_file()]


def _tracked_sweeps(
    store: Store, unreadable: dict[Path, str], say: Callable[[str], None]
) -> dict[str, Manifest]:
    sweeps = {}
    for name in store.sweep_names():
        try:
            manifest = store.read_manifest(name)
        except StoreError as error:
            unreadable[store.sweep_folder(name)] = str(error)
            continue
        if all(_is_tracked(w.config.tracking) for w in manifest.workloads.values()):
            sweeps[name] = manifest
        else:
            say(f"{name} is left out: it ran without W&B. To upload it: fwexp sync {name}")
    return sweeps


def _tracked_singles(
    store: Store, unreadable: dict[Path, str], *, known: set[Path]
) -> dict[Path, Tracking]:
    """The other runs tracked by W&B, when they ran or later, with their tracking settings."""
    singles = {}
    for folder in store.recorded_runs():
        run = folder.path
        if run in known:
            continue
        try:
            record = folder.read_record()
        except StoreError as error:
            unreadable[run] = str(error)
            continue
        if record and (_is_tracked(record.config.tracking) or read_offline_run(run)):
            singles[run] = record.config.tracking
    return singles


def _is_tracked(tracking: Tracking) -> bool:
    return tracking.name.startswith("wandb")


def _project(trackings: Iterable[Tracking]) -> str:
    """The W&B project that the runs name; FwexpError if they name several."""
    projects = sorted({tracking.project for tracking in trackings})
    if len(projects) > 1 and "WANDB_PROJECT" not in os.environ:
        raise FwexpError(
            f"the runs belong to several W&B projects ({', '.join(projects)}): name one sweep, as "
            "in fwexp sync demo, or set WANDB_PROJECT"
        )
    return projects[0] if projects else PROJECT
