"""What of a store goes to W&B, in which group, and to which project."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fwexp.errors import FwexpError, StoreError
from fwexp.store.manifest import Manifest
from fwexp.store.store import Store
from fwexp.tracking.marker import read_marker, source_of
from fwexp.tracking.service import PROJECT
from fwexp.writeup import write

Plain = dict[str, Any]
SINGLE = "single"  # the group of runs that no sweep declared


@dataclass(kw_only=True)
class Selection:
    """What goes up, and to which project."""

    project: str
    sweeps: dict[str, Manifest]
    singles: list[Path] = field(default_factory=list)  # the runs' folders
    torn: dict[Path, str] = field(default_factory=dict)  # what cannot be read, and why


def select(store: Store, name: str | None, *, say: Callable[[str], None]) -> Selection:
    """The sweep of that name; without one, all sweeps and single runs that are tracked by W&B.

    Raises FwexpError where they belong to several projects and WANDB_PROJECT names none.
    """
    torn: dict[Path, str] = {}
    sweeps = {name: store.read_manifest(name)} if name else _tracked_sweeps(store, torn, say)
    known = {folder for manifest in sweeps.values() for folder in _runs(store, manifest)}
    singles = {} if name else _tracked_singles(store, torn, known=known)
    trackings = [c["tracking"] for m in sweeps.values() for c in m.runs.values()]
    project = _project([*trackings, *singles.values()])
    return Selection(project=project, sweeps=sweeps, singles=list(singles), torn=torn)


def write_up(store: Store, chosen: Selection) -> dict[str, list[Path]]:
    """The folders of all that has ended, by W&B's group.

    Each sweep is written up from what is there now, as runs may have ended since it last was;
    where that cannot be, it is noted as torn.
    """
    groups = {}
    for name, manifest in chosen.sweeps.items():
        own = [store.sweep_folder(name).resolve()]
        try:
            write.write_up(store, name)
        except (StoreError, KeyError, TypeError, ValueError) as error:  # of another version
            what = str(error) if isinstance(error, StoreError) else repr(error)
            chosen.torn[own.pop()] = f"cannot be written up: {what}"
        groups[name] = [*_runs(store, manifest), *own]  # no fewer runs than it was written up from
    return groups | {SINGLE: chosen.singles}


def _runs(store: Store, manifest: Manifest) -> list[Path]:
    """The folders of a sweep's runs that have a record."""
    runs = [store.run_folder(manifest.machine_class, run_id) for run_id in manifest.runs]
    return [run.resolve() for run in runs if source_of(run).is_file()]


def _tracked_sweeps(
    store: Store, torn: dict[Path, str], say: Callable[[str], None]
) -> dict[str, Manifest]:
    sweeps = {}
    for name in store.sweep_names():
        try:
            manifest = store.read_manifest(name)
        except StoreError as error:
            torn[store.sweep_folder(name)] = str(error)
            continue
        if all(_is_tracked(config["tracking"]) for config in manifest.runs.values()):
            sweeps[name] = manifest
        else:
            say(f"{name} is left out: it was typed without W&B. To upload it: fwexp sync {name}")
    return sweeps


def _tracked_singles(store: Store, torn: dict[Path, str], *, known: set[Path]) -> dict[Path, Plain]:
    """The other runs, with their settings: those typed with W&B, when they ran or later."""
    singles = {}
    for file in sorted((store.path.resolve() / "runs").glob("*/*/record.json")):
        run = file.parent
        if run in known:
            continue
        try:
            record = store.read_record(run.parent.name, run.name)
        except StoreError as error:
            torn[run] = str(error)
            continue
        if record and (_is_tracked(record.config["tracking"]) or read_marker(run)):
            singles[run] = record.config["tracking"]
    return singles


def _is_tracked(tracking: Plain) -> bool:
    return str(tracking["name"]).startswith("wandb")


def _project(trackings: Iterable[Plain]) -> str:
    """The W&B project that the runs name; FwexpError where they name several."""
    projects = sorted({str(tracking["project"]) for tracking in trackings})
    if len(projects) > 1 and "WANDB_PROJECT" not in os.environ:
        raise FwexpError(
            f"the runs belong to several W&B projects ({', '.join(projects)}): name one sweep, as "
            "in fwexp sync demo, or set WANDB_PROJECT"
        )
    return projects[0] if projects else PROJECT
