"""What sbatch is handed, with Slurm's commands stood in for; tests/cluster has a real one."""

import json
from pathlib import Path

import pytest

from fwexp.errors import ClusterError, StoreError
from fwexp.launch.launcher import missing_runs
from fwexp.launch.plan import Plan
from fwexp.launch.slurm.queue import require_slurm
from fwexp.launch.slurm.submission import read_sound_submissions, read_submissions
from fwexp.launch.slurm.submit import Submitted, submit, submit_and_tell
from fwexp.store.store import Store
from tests.launch.slurm.stand_in import SlurmStandIn
from tests.tiny import tiny_plan

SLURM = ("launcher=slurm", "launcher.site=ours")


@pytest.fixture
def store(folder: Path) -> Store:
    return Store(folder / "store")


def planned(store: Store, *overrides: str, num_seeds: int = 3) -> Plan:
    axes = {"framework": ["torch", "tf"], "seed": range(num_seeds)}
    return tiny_plan(*SLURM, *overrides, in_store=store.path, **axes)


def hand_over(plan: Plan, store: Store, *, compare: bool = False) -> Submitted:
    return submit(plan, store, missing_runs(plan, store, retry=False), compare=compare)


def queue_line(store: Store, number: int, job_id: str, state: str = "PENDING") -> str:
    name = read_sound_submissions(store, "tiny")[-1].arrays[number].job_name
    return f"{job_id}|{name}|{state}||None\n"


def test_an_array_has_a_task_for_some_blocks(slurm: SlurmStandIn, store: Store) -> None:
    plan = planned(store, "launcher.blocks_per_job=2")
    done = hand_over(plan, store)
    assert (done.num_runs, done.num_jobs, done.job_ids) == (6, 2, ["101"])
    (submission,) = read_sound_submissions(store, "tiny")
    (array,) = submission.arrays
    ids = [run.run_id for block in plan.blocks for run in block]
    assert [list(pack) for pack in array.packs] == [ids[:4], ids[4:]]
    lines = slurm.scripts.splitlines()
    assert not any("wckey" in line for line in lines)
    for line in (
        f"#SBATCH --job-name={array.job_name}",
        "#SBATCH --array=0-1%2",
        "#SBATCH --partition=long",
        "#SBATCH --gres=gpu:1",
        "#SBATCH --mem=1536M",
        "#SBATCH --time=30",
        "#SBATCH --signal=USR2@120",
        "#SBATCH --reservation=ours",
        "#SBATCH --requeue",
        "#SBATCH --cpus-per-task=3",
        "module load python",
    ):
        assert line in lines


def test_missing_certificates_come_first_and_the_runs_wait_for_them(
    slurm: SlurmStandIn, store: Store
) -> None:
    done = hand_over(planned(store), store, compare=True)
    assert done.job_ids == ["101", "102"]
    certify, run = read_sound_submissions(store, "tiny")[0].arrays
    assert (certify.does, run.does) == ("certify", "run")
    assert [len(pack) for pack in certify.packs] == [1]
    assert slurm.scripts.count("#SBATCH --dependency=afterany:101\n") == 1


def test_an_array_is_no_larger_than_the_site_allows(slurm: SlurmStandIn, store: Store) -> None:
    slurm.answers("scontrol", "MaxArraySize = 2\n")
    hand_over(planned(store, "launcher.blocks_per_job=1"), store)
    assert [len(a.packs) for a in read_sound_submissions(store, "tiny")[0].arrays] == [2, 1]


def test_what_is_queued_is_not_submitted_again(slurm: SlurmStandIn, store: Store) -> None:
    plan = planned(store, "launcher.blocks_per_job=1")
    hand_over(plan, store)
    slurm.answers("squeue", queue_line(store, 0, "101_0") + queue_line(store, 0, "101_2"))
    done = hand_over(plan, store)
    assert (done.num_runs, done.num_queued_before) == (2, 4)
    (pack,) = read_sound_submissions(store, "tiny")[-1].arrays[0].packs
    assert list(pack) == [run.run_id for run in plan.blocks[1]]
    slurm.answers("squeue", "7|another's job|RUNNING|nodeA|None\n")
    assert hand_over(plan, store).num_runs == 6


def test_tasks_of_a_command_that_was_killed_are_ended_and_submitted_anew(
    slurm: SlurmStandIn, store: Store
) -> None:
    hand_over(planned(store), store)
    (noted,) = store.path.glob("sweeps/tiny/jobs/*/*.id")
    noted.unlink()
    slurm.answers("squeue", queue_line(store, 0, "101", "RUNNING"))
    assert hand_over(planned(store), store).num_runs == 6
    assert "scancel 101" in slurm.asked


def test_a_task_that_slurm_is_just_ending_is_not_queued(slurm: SlurmStandIn, store: Store) -> None:
    hand_over(planned(store), store)
    slurm.answers("squeue", queue_line(store, 0, "101", "COMPLETING"))
    assert hand_over(planned(store), store).num_runs == 6


def test_queued_runs_of_another_form_of_the_sweep_are_told(
    slurm: SlurmStandIn, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_over(planned(store), store)
    slurm.answers("squeue", queue_line(store, 0, "101"))
    other = planned(store, "optimizer=sgd")
    submit_and_tell(other, store, missing_runs(other, store, retry=False), compare=False)
    assert capsys.readouterr().err.splitlines() == [
        "tiny: submitted 6 runs in 1 job (arrays 102)",
        "6 queued or running runs are of tiny as it was before its sources or values changed; "
        "fwexp cancel tiny cancels all its jobs",
        "fwexp status tiny shows its progress",
    ]


@pytest.mark.usefixtures("slurm")
def test_who_tracks_with_wandb_is_told_how_it_gets_there(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = planned(store, "tracking=wandb_online")
    submit_and_tell(plan, store, missing_runs(plan, store, retry=False), compare=False)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "fwexp sync tiny uploads finished runs to W&B, from here"
    )


def test_the_packs_are_on_disk_before_sbatch_is_asked(slurm: SlurmStandIn, store: Store) -> None:
    slurm.refuses("sbatch", "sbatch: error: invalid partition specified: long\n")
    with pytest.raises(ClusterError) as raised:
        hand_over(planned(store), store)
    assert str(raised.value) == (
        "sbatch refused the job (sbatch: error: invalid partition specified: long); see "
        "hardware.cpu in slurm/ours.yaml. What was submitted before stays: fix it and type the "
        "command again."
    )
    assert len(read_sound_submissions(store, "tiny")) == 1
    slurm.works_again("sbatch")
    assert hand_over(planned(store), store).num_runs == 6


def test_a_queue_that_does_not_answer_submits_nothing(slurm: SlurmStandIn, store: Store) -> None:
    hand_over(planned(store), store)
    slurm.refuses("squeue", "slurm_load_jobs error: Unable to contact slurm controller\n")
    with pytest.raises(ClusterError, match=r"^squeue: slurm_load_jobs error: Unable to contact"):
        hand_over(planned(store), store)
    assert len([line for line in slurm.asked if line.startswith("sbatch")]) == 1


def test_no_secret_reaches_what_lies_on_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "0123456789abcdef-secret")
    hand_over(planned(store), store)
    texts = [path.read_bytes() for path in store.path.rglob("*") if path.is_file()]
    assert len(texts) > 3
    assert not any(b"abcdef-secret" in text for text in texts)


def test_a_machine_without_slurm(monkeypatch: pytest.MonkeyPatch) -> None:
    require_slurm()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(
        ClusterError, match=r"^launcher=slurm: there is no sbatch on this machine; "
    ):
        require_slurm()


def test_a_torn_submission_names_its_file(store: Store) -> None:
    hand_over(planned(store), store)
    (path,) = store.path.glob("sweeps/tiny/jobs/*/submission.json")
    path.write_text(json.dumps({"arrays": 3}))
    found, (complaint,) = read_submissions(store, "tiny")
    assert found == []
    assert complaint.startswith(f"{path}: not a submission (")
    with pytest.raises(StoreError) as raised:
        read_sound_submissions(store, "tiny")
    assert str(raised.value) == complaint
