"""Where the runs of a sweep stand, with Slurm's commands stood in for."""

import fcntl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fwexp.commands.cancel import command as cancel
from fwexp.commands.status import command as status
from fwexp.errors import StoreError
from fwexp.launch.declare import declare
from fwexp.launch.launcher import missing_runs
from fwexp.launch.plan import Plan
from fwexp.launch.slurm.submission import jobs_folder, read_sound_submissions
from fwexp.launch.slurm.submit import submit
from fwexp.launch.sweep_status import SweepStatus, sweep_status
from fwexp.store.record import Failure, RunRecord
from fwexp.store.store import Store
from tests.evidence.factory import ENVIRONMENT
from tests.launch.slurm.stand_in import SlurmStandIn
from tests.tiny import tiny_plan


@pytest.fixture
def store(folder: Path) -> Store:
    return Store(folder / "store")


@pytest.fixture
def plan(store: Store) -> Plan:
    """Three torch runs, a job each, submitted."""
    options = ("launcher=slurm", "launcher.site=ours", "launcher.blocks_per_job=1")
    plan = tiny_plan(*options, in_store=store.path, seed=range(3))
    store.write_manifest(declare(plan, store))
    submit(plan, store, missing_runs(plan, store, retry=False), compare=False)
    return plan


def in_queue(slurm: SlurmStandIn, store: Store, *states: str) -> None:
    name = read_sound_submissions(store, "tiny")[-1].arrays[0].job_name
    lines = [f"101_{k}|{name}|{s}|nodeA|None\n" for k, s in enumerate(states) if s]
    slurm.answers("squeue", "".join(lines))


def fail(plan: Plan, store: Store, number: int) -> None:
    run, now = plan.runs[number], datetime.now(UTC).isoformat(timespec="seconds")
    record = RunRecord(
        run_id=run.run_id,
        status="failed",
        config=run.config,
        digests={},
        machine_class=plan.machine_class,
        environment=ENVIRONMENT,
        started_at=now,
        finished_at=now,
        failure=Failure(kind="ValueError", message="too bad\nand more", traceback=""),
    )
    store.run(plan.machine_class, run.run_id).finish(record)


def states(found: SweepStatus, plan: Plan) -> list[str]:
    return [found.states[run.run_id] for run in plan.runs]


def test_a_run_is_queued_running_or_ended(plan: Plan, store: Store, slurm: SlurmStandIn) -> None:
    in_queue(slurm, store, "", "RUNNING", "PENDING")
    fail(plan, store, 0)
    lock = store.run(plan.machine_class, plan.runs[1].run_id).lock
    lock.parent.mkdir(parents=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = sweep_status(store, "tiny")
    assert states(found, plan) == ["failed", "running", "queued"]
    assert found.counts == {"running": 1, "queued": 1, "failed": 1}
    assert found.runs_per_hour is not None
    (problem,) = found.problems
    assert problem.reason == "ValueError: too bad"
    assert problem.log.name == "log.txt"
    assert states(sweep_status(store, "tiny"), plan)[1] == "queued"


def test_a_job_that_is_gone_without_a_record_is_lost(
    plan: Plan, store: Store, slurm: SlurmStandIn
) -> None:
    in_queue(slurm, store, "", "PENDING", "PENDING")
    slurm.refuses("sacct", "sacct: error: Slurm accounting storage is disabled\n")
    found = sweep_status(store, "tiny")
    assert states(found, plan) == ["lost", "queued", "queued"]
    assert found.problems[0].reason == "its job is gone"


def test_a_job_that_slurm_never_took_is_not_lost(
    plan: Plan, store: Store, slurm: SlurmStandIn
) -> None:
    slurm.answers("squeue", "")
    for path in store.path.glob("sweeps/tiny/jobs/*/*.id"):
        path.unlink()
    assert states(sweep_status(store, "tiny"), plan) == ["waiting"] * 3


@pytest.mark.usefixtures("plan")
def test_the_log_and_the_accounts_tell_why_it_was_lost(store: Store, slurm: SlurmStandIn) -> None:
    in_queue(slurm, store, "", "PENDING", "PENDING")
    (submission,) = read_sound_submissions(store, "tiny")
    name = submission.arrays[0].job_name
    slurm.answers("sacct", f"101_0|{name}|OUT_OF_MEMORY|0:125\n101_[1-2]|{name}|PENDING|0:0\n")
    log = store.path / "sweeps" / "tiny" / "jobs" / submission.key / "101_0_0_log.out"
    log.write_text("much\nslurmstepd: error: Detected 1 oom_kill event\n")
    (problem,) = sweep_status(store, "tiny").problems
    reason = "OUT_OF_MEMORY (0:125): slurmstepd: error: Detected 1 oom_kill event"
    assert (problem.reason, problem.log) == (reason, log)


@pytest.mark.usefixtures("plan")
def test_a_killed_job_is_not_explained_by_its_last_line(store: Store, slurm: SlurmStandIn) -> None:
    in_queue(slurm, store, "", "PENDING", "PENDING")
    slurm.refuses("sacct", "sacct: error: Slurm accounting storage is disabled\n")
    (submission,) = read_sound_submissions(store, "tiny")
    log = store.path / "sweeps" / "tiny" / "jobs" / submission.key / "101_0_0_log.out"
    log.write_text("waiting for another run on this device to finish\n")
    (problem,) = sweep_status(store, "tiny").problems
    assert problem.reason == (
        "its job is gone; its log names no error, its last line is: waiting for another run on "
        "this device to finish"
    )


def test_without_an_answer_of_the_queue_nothing_is_called_lost(
    plan: Plan, store: Store, slurm: SlurmStandIn
) -> None:
    slurm.refuses("squeue", "slurm_load_jobs error: Unable to contact slurm controller\n")
    found = sweep_status(store, "tiny")
    assert states(found, plan) == ["waiting"] * 3
    assert found.warning.startswith("squeue: slurm_load_jobs error: Unable to contact slurm co")


def test_a_failed_run_submitted_again_is_queued(
    plan: Plan, store: Store, slurm: SlurmStandIn
) -> None:
    fail(plan, store, 0)
    submit(plan, store, missing_runs(plan, store, retry=True), compare=False)
    in_queue(slurm, store, *(["PENDING"] * 3))
    assert states(sweep_status(store, "tiny"), plan)[0] == "queued"


def test_status_tells_counts_by_axis_and_what_to_type(
    plan: Plan, store: Store, slurm: SlurmStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    in_queue(slurm, store, "", "PENDING", "PENDING")
    fail(plan, store, 0)
    assert status(["tiny"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("tiny: 3 runs, 2 queued, 1 failed; jobs: 2 pending (2 None); ")
    rows = [line.split() for line in out.splitlines() if line.split()[-1:] == ["1"]]
    assert rows == [["seed", "0", "1"], ["1", "1"], ["2", "1"]]
    assert f"failed: {plan.runs[0].run_id}: ValueError: too bad" in out
    assert "fwexp cancel tiny cancels its jobs; fwexp report tiny" in out


@pytest.mark.usefixtures("plan")
def test_status_of_all_sweeps_is_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert status([]) == 1
    assert capsys.readouterr().out.splitlines()[1].split() == ["tiny", "3", "3"]


@pytest.mark.usefixtures("plan")
def test_a_torn_submission_hides_no_other_sweep(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = store.read_manifest("tiny")
    store.write_manifest(replace(manifest, name="another"))
    (file,) = store.path.glob("sweeps/tiny/jobs/*/submission.json")
    file.write_text("{")
    assert status([]) == 1
    _, other, own, told = capsys.readouterr().out.splitlines()
    assert other.split() == ["another", "3", "3"]
    assert own.split() == ["tiny", "3", "3"]  # waiting: where its jobs are is not known
    assert told.startswith(f"{file.relative_to(store.path.parent)}: cannot be read (")
    assert "scancel its jobs, which squeue --format=%j lists as fwexp-tiny-" in told


def test_cancel_ends_what_it_knows_and_names_a_torn_submission(
    plan: Plan, store: Store, slurm: SlurmStandIn
) -> None:
    submit(plan, store, missing_runs(plan, store, retry=False), compare=False)
    in_queue(slurm, store, "PENDING", "PENDING", "PENDING")
    torn = jobs_folder(store, "tiny") / read_sound_submissions(store, "tiny")[0].key
    torn /= "submission.json"
    torn.write_text("{")
    slurm.empties_queue()
    with pytest.raises(StoreError) as raised:
        cancel(["tiny"])
    assert str(raised.value).startswith(f"{torn.relative_to(store.path.parent)}: cannot be read (")
    assert "scancel 101" in slurm.asked


def test_status_of_an_empty_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert status([]) == 0
    assert capsys.readouterr().out == (
        "no sweep has run in the store store yet; type fwexp sweep demo\n"
    )


@pytest.mark.usefixtures("plan")
def test_cancel_takes_the_jobs_out_of_the_queue(
    store: Store, slurm: SlurmStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    in_queue(slurm, store, "RUNNING", "PENDING", "PENDING")
    slurm.empties_queue()
    assert cancel(["tiny"]) == 0
    assert "scancel 101" in slurm.asked
    assert sweep_status(store, "tiny").counts == {"waiting": 3}  # none is lost
    assert capsys.readouterr().out == (
        "tiny: cancelled 3 jobs; 0 of 3 runs are done and kept. To go on, type: fwexp sweep tiny\n"
    )


@pytest.mark.usefixtures("plan")
def test_cancel_where_nothing_is_queued(capsys: pytest.CaptureFixture[str]) -> None:
    assert cancel(["tiny"]) == 0
    assert capsys.readouterr().out == (
        "tiny: none of its jobs is queued or running. Stop a sweep that runs in a "
        "terminal with Ctrl-C there.\n"
    )
