"""A job on a node: the runs of one pack, one after another, as the local launcher runs them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from fwexp.config.schema import Config
from fwexp.errors import ClusterError
from fwexp.identity.variables import arithmetic_variables
from fwexp.launch.drive import drive
from fwexp.launch.launcher import Missing, MissingRun, Outcome
from fwexp.launch.plan import Plan, PlannedRun, one_per_device
from fwexp.launch.slurm.node import node_name, node_variables
from fwexp.meters import probe
from fwexp.processes.messages import STOPS, Interrupted
from fwexp.runs.identity import run_digests, run_id, run_sources, workload_key
from fwexp.store.store import Store

REQUEUE_S = 60
GRACE_S = 24 * 3600  # longer than any site's: Slurm ends the job first
KEPT = "ended by Slurm; the run's progress is kept: type the command again to resume"


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """What an array task does: all of it is in here, so that no later edit changes it."""

    sweep: str
    command: str  # that submitted it
    variables: dict[str, str]  # of those that change arithmetic, there
    store: str
    site: str
    machine_class: str
    time_min: int
    blocks: list[dict[str, Config]]  # the blocks' runs by run id
    replaces: dict[str, str | None]  # run id -> `finished_at` of the failed record it replaces
    compare: bool  # whether the runs need their workloads' certificates
    is_run: bool  # False: only make those certificates


def perform(spec: JobSpec) -> None:
    """Do what is missing of the work; requeue this job if its time is up first.

    Raises ClusterError, so that Slurm counts the job as failed, if a run failed or none could run.
    """
    started = time.monotonic()
    os.environ.update(node_variables(os.environ))
    signals = Signals()
    store = Store(spec.store)
    plan = _plan(spec)
    _check_node(spec, plan)
    before = _progress(spec, store)
    missing = _missing(spec, plan, store)
    try:
        outcome = drive(plan, store, missing, compare=spec.compare, stop=signals.have_come)
    except Interrupted as stop:
        print(stop, file=sys.stderr)
        outcome = Outcome(interrupted=list(missing.runs))
    if spec.is_run and outcome.interrupted and signals.have_come():
        if not signals.ask_to_requeue():
            _leave_to_slurm()
        has_moved = _progress(spec, store) != before
        _requeue(spec, has_moved=has_moved, ran_s=time.monotonic() - started)
    wrong = [*outcome.failed, *outcome.void, *(outcome.interrupted if spec.is_run else ())]
    if wrong:
        raise ClusterError(f"{len(wrong)} of {len(plan.runs)} runs did not succeed: {wrong[0]} …")


class Signals:
    """The signals that have arrived; nothing is done about one until asked.

    This thread blocks them; servers and runs inherit that and look for themselves. Another
    thread, a library's, may still receive one: then a handler notes it.
    """

    def __init__(self) -> None:
        self._noted: set[int] = set()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        for number in STOPS:
            signal.signal(number, lambda come, _: self._noted.add(come))

    def have_come(self) -> bool:
        return not self._all().isdisjoint(STOPS)

    def ask_to_requeue(self) -> bool:
        """Whether it is the warning before the time limit; the other one is Slurm's own affair."""
        return signal.SIGUSR2 in self._all()

    def _all(self) -> set[int]:
        return {*self._noted, *signal.sigpending()}


def _plan(spec: JobSpec) -> Plan:
    _check_variables(spec)
    blocks = [[_planned(id_, config) for id_, config in block.items()] for block in spec.blocks]
    return Plan(
        name=spec.sweep,
        title="",
        command=spec.command,
        machine_class=spec.machine_class,
        blocks=blocks,
    )


def _planned(wanted: str, config: Config) -> PlannedRun:
    """The run as submitted; ClusterError if the sources it depends on have changed since."""
    digests = run_digests(config)
    if run_id(config, digests) != wanted:
        raise ClusterError(
            f"{wanted}: the sources of the model or of fwexp, or a library's version, have changed "
            "since the sweep was submitted, and this would be another run; type the command again."
        )
    return PlannedRun(
        run_id=wanted,
        config=config,
        sources=run_sources(config),
        digests=digests,
        workload=workload_key(config),
    )


def _check_variables(spec: JobSpec) -> None:
    here = arithmetic_variables(os.environ)
    for name in sorted({*here, *spec.variables}):
        value, submitted = here.get(name), spec.variables.get(name)
        if value != submitted:
            raise ClusterError(
                f"{name}, which changes arithmetic, is {_shown(value)} on node {node_name()} but "
                f"{_shown(submitted)} where the sweep was submitted, so that these would be other "
                f"runs: nothing was run. `setup` in slurm/{spec.site}.yaml is for nodes alone; set "
                "it where you type the command, or nowhere."
            )


def _shown(value: str | None) -> str:
    return "not set" if value is None else repr(value)


def _check_node(spec: JobSpec, plan: Plan) -> None:
    for config in one_per_device([run.config for run in plan.runs]):
        found = probe.machine_class(config)
        if found != spec.machine_class:
            raise ClusterError(
                f"node {node_name()} is {found!r}, but the sweep is for {spec.machine_class!r}: "
                f"nothing was run. Set hardware.{config.hardware.name}.machine_class in "
                f"slurm/{spec.site}.yaml, or choose nodes of one class there by constraint."
            )


def _missing(spec: JobSpec, plan: Plan, store: Store) -> Missing:
    """The work's runs without a record newer than the one to replace."""
    if not spec.is_run:
        return Missing(runs={})
    ids = [run.run_id for run in plan.runs]
    records, complaints = store.read_records(spec.machine_class, ids, may_replace=True)
    todo = {}
    for run in plan.runs:
        record, replaced = records.get(run.run_id), spec.replaces[run.run_id]
        if record is None or record.finished_at == replaced:
            todo[run.run_id] = MissingRun(run=run, replaces=replaced)
    return Missing(runs=todo, complaints=complaints)


def _progress(spec: JobSpec, store: Store) -> list[tuple[str, int]]:
    """What changes in the runs' folders as a run progresses: its record, its checkpoint."""
    ids = [id_ for block in spec.blocks for id_ in block]
    return sorted(_stamps(store, spec.machine_class, ids))


def _stamps(store: Store, machine_class: str, ids: list[str]) -> Iterator[tuple[str, int]]:
    for id_ in ids:
        folder = store.run(machine_class, id_)
        for path in (folder.record_file, folder.checkpoints):
            if path.exists():
                yield str(path), path.stat().st_mtime_ns


def _leave_to_slurm() -> NoReturn:
    """After the signal that preemption and scancel send.

    Slurm restarts a preempted job, where the site says so, only if it is still there when its
    grace time is over.
    """
    if _fields().get("PreemptTime", "None") != "None":
        print(f"preempted; {KEPT}", file=sys.stderr, flush=True)
        time.sleep(GRACE_S)
    sys.exit(KEPT)


def _job_id() -> str:
    """Of this task alone: SLURM_JOB_ID of an array's last task means the whole array."""
    array, task = (os.environ.get(f"SLURM_ARRAY_{name}_ID") for name in ("JOB", "TASK"))
    return f"{array}_{task}" if array and task else os.environ["SLURM_JOB_ID"]


def _fields() -> dict[str, str]:
    """What the controller says about this job."""
    command = ["scontrol", "show", "job", "--oneliner", _job_id()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=REQUEUE_S, check=True)
    return dict(word.split("=", 1) for word in done.stdout.split() if "=" in word)


def _requeue(spec: JobSpec, *, has_moved: bool, ran_s: float) -> NoReturn:
    """Exit once Slurm has agreed to requeue this job."""
    if os.environ.get("SLURM_NODEID", "0") != "0":
        sys.exit("the first node asks Slurm to requeue the job")
    if _fields()["JobState"] != "RUNNING":  # cancelled in the meantime
        sys.exit(KEPT)
    if not has_moved and ran_s > 30 * spec.time_min:  # seconds: half of the limit
        raise ClusterError(
            f"no run made progress within time_min={spec.time_min}: it would be requeued forever; "
            f"raise it in slurm/{spec.site}.yaml and type the command again."
        )
    done = subprocess.run(
        ["scontrol", "requeue", _job_id()],
        capture_output=True,
        text=True,
        timeout=REQUEUE_S,
    )
    if done.returncode != 0:
        raise ClusterError(
            f"the job's time is up and Slurm does not requeue it ({done.stderr.strip()}); the "
            "run's progress is kept: type the command again."
        )
    sys.exit("requeued: the run will resume from its checkpoint")
