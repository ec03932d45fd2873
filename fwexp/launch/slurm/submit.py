"""Submit a plan's missing runs to Slurm, as job arrays through submitit."""

import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import submitit
from submitit.core.utils import FailedJobError, FailedSubmissionError

from fwexp.config.counted import counted
from fwexp.config.schema import Config
from fwexp.errors import ClusterError
from fwexp.files import write_text
from fwexp.identity.variables import arithmetic_variables
from fwexp.launch.drive import has_certificate
from fwexp.launch.launcher import Missing, MissingRun
from fwexp.launch.plan import Plan, PlannedRun
from fwexp.launch.slurm.job import JobSpec, perform
from fwexp.launch.slurm.queue import cancel_jobs, max_array_size, queued_tasks
from fwexp.launch.slurm.site import Resources, Site, read_site, resources_for
from fwexp.launch.slurm.submission import (
    CERTIFY,
    RUN,
    Array,
    Pack,
    id_file,
    jobs_folder,
    logs_folder,
    new_submission,
    read_sound_submissions,
    write_submission,
)
from fwexp.processes.locks import hold
from fwexp.store.store import Store

Block = list[PlannedRun]


@dataclass(kw_only=True)
class Submitted:
    """What was submitted of a plan, and what Slurm had already."""

    num_runs: int = 0
    num_queued_before: int = 0
    num_jobs: int = 0
    job_ids: list[str] = field(default_factory=list)  # of the arrays
    num_outdated: int = 0  # queued runs of an earlier form of this sweep


def submit(plan: Plan, store: Store, missing: Missing, *, compare: bool) -> Submitted:
    """Submit the missing runs that are not queued yet; returns as soon as Slurm has them.

    What each job will do is on disk first. Raises ClusterError if Slurm refuses one; what it has
    accepted by then stays, and the same command submits the rest.
    """
    with hold(
        jobs_folder(store, plan.name) / "lock"
    ):  # two at once would not see each other's jobs
        return _submit(plan, store, missing, compare=compare)


def _submit(plan: Plan, store: Store, missing: Missing, *, compare: bool) -> Submitted:
    queued = _runs_in_queue(store, plan.name)
    todo = {id_: todo for id_, todo in missing.runs.items() if id_ not in queued}
    done = Submitted(
        num_runs=len(todo),
        num_queued_before=len(missing.runs) - len(todo),
        num_outdated=len(queued.difference(run.run_id for run in plan.runs)),
    )
    blocks = [kept for block in plan.blocks if (kept := [r for r in block if r.run_id in todo])]
    if not blocks:
        return done
    site = read_site(plan.first.launcher.site)
    most = site.max_array_size or max_array_size()
    parts = list(_parts(blocks, store, most=most, compare=compare))
    packs = [(part.does, [_pack(p, todo) for p in part.packs]) for part in parts]
    submission = new_submission(plan.name, packs)
    write_submission(store, submission)
    folder = str(logs_folder(store, plan.name, submission.key).resolve())
    before: list[str] = []
    for part, array in zip(parts, submission.arrays, strict=True):
        waits_for = before if part.does == RUN else []
        specs = [_spec(p, part.does, plan, store, site, todo, compare) for p in part.packs]
        job_id = _sbatch(specs, array, folder, site, part.config, waits_for)
        write_text(id_file(store, plan.name, submission.key, array.job_name), job_id)
        if part.does == CERTIFY:
            before.append(job_id)
        done.job_ids.append(job_id)
        done.num_jobs += len(specs)
    return done


def submit_and_tell(plan: Plan, store: Store, missing: Missing, *, compare: bool) -> int:
    """How many runs Slurm has after `submit`, which is reported on stderr."""
    done = submit(plan, store, missing, compare=compare)
    there = len(plan.runs) - len(missing.runs)
    parts = [
        f"{counted(done.num_runs, 'run')} in {counted(done.num_jobs, 'job')} "
        f"(arrays {', '.join(done.job_ids)})"
    ]
    if not done.num_runs:
        parts = ["nothing"]
    parts += [f"{done.num_queued_before} are queued or running already"] * (
        done.num_queued_before > 0
    )
    parts += [f"{there} are in the store"] * (there > 0)
    print(f"{plan.name}: submitted {'; '.join(parts)}", file=sys.stderr)
    if done.num_outdated:
        print(
            f"{done.num_outdated} queued or running runs are of {plan.name} as it was before "
            f"its sources or values changed; fwexp cancel {plan.name} cancels all its jobs",
            file=sys.stderr,
        )
    num_there = done.num_runs + done.num_queued_before
    if num_there:
        print(f"fwexp status {plan.name} shows its progress", file=sys.stderr)
        if plan.first.tracking.name.startswith("wandb"):
            print(
                f"fwexp sync {plan.name} uploads finished runs to W&B, from here", file=sys.stderr
            )
    return num_there


def _runs_in_queue(store: Store, sweep: str) -> set[str]:
    """The runs whose job Slurm still has.

    An array whose id was never noted is from a command that was killed: its tasks may wait in vain
    for what they are to do, and are cancelled.
    """
    submissions = read_sound_submissions(store, sweep)
    noted = {
        array.job_name: id_file(store, sweep, submission.key, array.job_name).exists()
        for submission in submissions
        for array in submission.arrays
    }
    tasks = queued_tasks(submissions)
    strays = {task.job_id.partition("_")[0] for task in tasks if not noted[task.job_name]}
    if strays:
        cancel_jobs(strays)
    arrays = {
        array.job_name: array
        for submission in submissions
        for array in submission.arrays
        if array.does == RUN and noted[array.job_name]
    }
    return {
        id_
        for task in tasks
        if task.job_name in arrays and task.state != "COMPLETING"  # it does nothing more
        for id_ in arrays[task.job_name].packs[task.index]
    }


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What becomes one array: packs of blocks that ask for the same resources."""

    does: str
    config: Config  # of one of its runs
    packs: list[list[Block]]


def _parts(blocks: list[Block], store: Store, *, most: int, compare: bool) -> Iterator[_Part]:
    """Missing certificates first, one job each; then the runs, several blocks per job."""
    for does in (CERTIFY, RUN):
        if does == CERTIFY and not compare:
            continue
        chosen = _one_a_missing_certificate(blocks, store) if does == CERTIFY else blocks
        for of_kind in _by_resources(chosen):
            config = of_kind[0][0].config
            a_job = 1 if does == CERTIFY else config.launcher.blocks_per_job or 1
            packs = list(_chunks(of_kind, a_job))
            for chunk in _chunks(packs, most):
                yield _Part(does=does, config=config, packs=chunk)


def _one_a_missing_certificate(blocks: list[Block], store: Store) -> list[Block]:
    firsts = {block[0].workload: block[:1] for block in reversed(blocks)}
    return [block for block in firsts.values() if not has_certificate(block[0].config, store)]


def _by_resources(blocks: list[Block]) -> list[list[Block]]:
    kinds: dict[tuple[Any, ...], list[Block]] = {}
    for block in blocks:
        hardware = block[0].config.hardware
        kinds.setdefault((hardware.name, hardware.devices, hardware.nodes), []).append(block)
    return list(kinds.values())


def _chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(items)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk


def _pack(blocks: list[Block], todo: dict[str, MissingRun]) -> Pack:
    return {run.run_id: todo[run.run_id].replaces for run in _runs(blocks)}


def _runs(blocks: Iterable[Block]) -> list[PlannedRun]:
    return [run for block in blocks for run in block]


def _spec(
    blocks: list[Block],
    does: str,
    plan: Plan,
    store: Store,
    site: Site,
    todo: dict[str, MissingRun],
    compare: bool,
) -> JobSpec:
    config = blocks[0][0].config
    return JobSpec(
        sweep=plan.name,
        command=plan.command,
        variables=arithmetic_variables(os.environ),
        store=str(store.path.resolve()),
        site=config.launcher.site or "",
        machine_class=plan.machine_class,
        time_min=resources_for(config, site).time_min,
        blocks=[{run.run_id: run.config for run in block} for block in blocks],
        replaces=_pack(blocks, todo),
        compare=compare,
        is_run=does == RUN,
    )


def _sbatch(
    specs: list[JobSpec], array: Array, folder: str, site: Site, config: Config, after: list[str]
) -> str:
    """The id of the array that Slurm made of these specs."""
    resources = resources_for(config, site)
    executor = submitit.SlurmExecutor(folder=folder, python=site.python)
    try:
        executor.update_parameters(**_parameters(resources, config), setup=site.setup or None)
        executor.update_parameters(job_name=array.job_name, array_parallelism=len(specs))
        executor.update_parameters(wckey=None)  # submitit's own, which a site may not know
        if after:
            executor.update_parameters(dependency=f"afterany:{':'.join(after)}")
        jobs = executor.map_array(perform, specs)
    except (FailedJobError, FailedSubmissionError, ValueError) as error:
        words = " ".join(str(error).split()) or "no reason given"
        raise ClusterError(
            f"sbatch refused the job ({words}); see hardware.{config.hardware.name} in "
            f"slurm/{config.launcher.site}.yaml. What was submitted before stays: fix it and "
            "type the command again."
        ) from error
    return str(jobs[0].job_id).partition("_")[0]


def _parameters(resources: Resources, config: Config) -> dict[str, Any]:
    """The arguments of submitit's SlurmExecutor."""
    hardware = config.hardware
    gres, mem_gib = resources.gres, resources.mem_gib
    given = {
        "partition": resources.partition,
        "account": resources.account,
        "qos": resources.qos,
        "gres": gres.format(devices=hardware.devices) if gres else None,
        "constraint": resources.constraint,
        "exclusive": resources.exclusive or None,
        "cpus_per_task": resources.cpus_per_task,
        "mem": None if mem_gib is None else f"{mem_gib * 1024:.0f}M",
        "time": resources.time_min,
        "signal_delay_s": resources.signal_s,
        "nodes": hardware.nodes,
        "ntasks_per_node": 1,
        "stderr_to_stdout": True,  # one log per job
        "additional_parameters": {"requeue": True, **resources.sbatch},
    }
    return {name: value for name, value in given.items() if value is not None}
