"""What every launcher does, and what it is given; each is a folder next to this file."""

from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol

from fwexp.config.schema import Config
from fwexp.config.suggestions import suggest
from fwexp.errors import ConfigError
from fwexp.launch.plan import Plan, PlannedRun
from fwexp.store.record import is_finished
from fwexp.store.store import Store

LAUNCHERS = {
    "local": "fwexp.launch.local.launcher:LocalLauncher",
    "slurm": "fwexp.launch.slurm.launcher:SlurmLauncher",
}


@dataclass(kw_only=True)
class Outcome:
    """How the runs of a command ended, by run id."""

    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    interrupted: list[str] = field(default_factory=list)
    void: list[str] = field(default_factory=list)  # not run: the certificate failed

    @property
    def is_complete(self) -> bool:
        return not (self.failed or self.interrupted or self.void)


@dataclass(frozen=True, kw_only=True)
class MissingRun:
    """A run still to do."""

    run: PlannedRun
    replaces: str | None  # `finished_at` of the failed record that it replaces, if any


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What is still to do of a plan."""

    runs: dict[str, MissingRun]  # by run id
    complaints: list[str] = field(default_factory=list)  # one per unreadable record


@dataclass(frozen=True, kw_only=True)
class QueuedJob:
    """A job the launcher still has, pending or running."""

    is_running: bool
    reason: str = ""  # why it is pending, in the launcher's term


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """The job that a run was last given to."""

    is_queued: bool  # the launcher still has it, pending or running
    was_accepted: bool  # the launcher took it, and it was not cancelled
    replaces: str | None = None  # as in MissingRun


@dataclass(kw_only=True)
class Queue:
    """What a launcher knows about a sweep's runs."""

    jobs: list[QueuedJob] = field(default_factory=list)
    assignments: dict[str, Assignment] = field(default_factory=dict)  # by run id
    warning: str = ""  # why it cannot be asked now
    complaints: list[str] = field(default_factory=list)  # one per unreadable file


@dataclass(frozen=True, kw_only=True)
class Lost:
    """Why a run's job ended without a record, and the log with the details."""

    reason: str
    log: Path


class Launcher(Protocol):
    """Where runs are executed. Only the launcher's own messages name its own keys."""

    def check(self, config: Config) -> None:
        """Raise FwexpError if this launcher cannot be used here."""
        ...

    def node_variables(self) -> dict[str, str]:
        """What runs should know of this node, if the launcher's scheduler started this process: its
        name and devices, and its place among several nodes, in torchrun's variables."""
        ...

    def num_cores(self, config: Config) -> int:
        """How many cores a run may use where it will be executed."""
        ...

    def machine_class(self, config: Config) -> str:
        """That of the machine that the run will be executed on."""
        ...

    def start(self, plan: Plan, store: Store, missing: Missing, *, compare: bool) -> Outcome | None:
        """Execute what is missing; None if it returns before that has finished: see `queue`."""
        ...

    def queue(self, store: Store, sweep: str) -> Queue:
        """What it knows about the sweep's runs now."""
        ...

    def lost(self, store: Store, sweep: str, run_ids: list[str]) -> dict[str, Lost]:
        """Why the jobs of these runs ended without a record."""
        ...

    def cancel(self, store: Store, sweep: str) -> int:
        """Cancel the sweep's jobs; gives back how many there were."""
        ...


def load_launcher(config: Config) -> Launcher:
    """The configuration's launcher; ConfigError, listing all, for an unknown one."""
    name = config.launcher.name
    if name not in LAUNCHERS:
        raise ConfigError([f"launcher.name={name}: no such launcher. {suggest(name, LAUNCHERS)}"])
    launcher: Launcher = resolve_name(LAUNCHERS[name])()
    return launcher


def all_launchers() -> list[Launcher]:
    """One of each: a sweep may have been started by one and continued by another."""
    return [resolve_name(target)() for target in LAUNCHERS.values()]


def missing_runs(plan: Plan, store: Store, *, retry: bool) -> Missing:
    """The runs without a record, and with `retry` those that failed.

    LaterVersionError if a later version of fwexp wrote some of the records.
    """
    ids = [run.run_id for run in plan.runs]
    records, complaints = store.read_records(plan.machine_class, ids, may_replace=True)
    missing = {
        run.run_id: MissingRun(run=run, replaces=record.finished_at if record else None)
        for run in plan.runs
        if not is_finished(record := records.get(run.run_id), retry=retry)
    }
    return Missing(runs=missing, complaints=complaints)
