"""What a job does before and after its runs; tests/cluster has them on a real Slurm."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fwexp.errors import ClusterError
from fwexp.identity.variables import arithmetic_variables
from fwexp.launch import drive
from fwexp.launch.slurm import job as module
from fwexp.launch.slurm.job import JobSpec, perform
from fwexp.processes.messages import STOPS
from fwexp.store.store import Store
from tests.launch.slurm.stand_in import SlurmStandIn
from tests.tiny import SharedServers, tiny_plan

RUNNING = "JobId=7 JobState=RUNNING PreemptTime=None\n"


@pytest.fixture(autouse=True)
def in_a_job(monkeypatch: pytest.MonkeyPatch, slurm: SlurmStandIn) -> Iterator[None]:
    """The variables of an array's task; afterwards this process hears signals as before."""
    monkeypatch.setattr(drive, "framework_servers", SharedServers)
    for name, value in (("JOB_ID", "7"), ("ARRAY_JOB_ID", "5"), ("ARRAY_TASK_ID", "1")):
        monkeypatch.setenv(f"SLURM_{name}", value)
    slurm.answers("scontrol", RUNNING)
    before = {number: signal.getsignal(number) for number in STOPS}
    yield
    for number, handler in before.items():
        signal.signal(number, signal.SIG_IGN)  # which drops one that is pending
        signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


def spec_of(folder: Path, *overrides: str, **others: Any) -> JobSpec:
    plan = tiny_plan(*overrides, in_store=folder / "store", seed=[0, 1])
    blocks = [{run.run_id: run.config for run in block} for block in plan.blocks]
    settings: dict[str, Any] = {
        "sweep": "tiny",
        "command": "fwexp sweep tiny",
        "variables": arithmetic_variables(os.environ),
        "store": str(folder / "store"),
        "site": "ours",
        "machine_class": plan.machine_class,
        "time_min": 30,
        "blocks": blocks,
        "replaces": {run_id: None for block in blocks for run_id in block},
        "compare": False,
        "is_run": True,
    }
    return JobSpec(**settings | others)


def num_recorded(spec: JobSpec) -> int:
    ids = [run_id for block in spec.blocks for run_id in block]
    return len(Store(spec.store).read_records(spec.machine_class, ids)[0])


def come(monkeypatch: pytest.MonkeyPatch, number: signal.Signals, *, after_s: float = 0.0) -> None:
    """The signal comes to the job before its first run, which has begun so long ago."""
    real, started = module.Signals, time.monotonic()

    def made() -> module.Signals:
        signals = real()
        signal.raise_signal(number)
        monkeypatch.setattr(time, "monotonic", lambda: started + after_s)
        return signals

    monkeypatch.setattr(module, "Signals", made)


def test_it_does_its_runs_and_is_done(folder: Path) -> None:
    spec = spec_of(folder)
    perform(spec)
    assert num_recorded(spec) == 2
    perform(spec)  # a requeued job finds nothing to do


def test_before_its_time_is_up_it_requeues_itself_alone(
    folder: Path, slurm: SlurmStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    come(monkeypatch, signal.SIGUSR2)
    with pytest.raises(SystemExit, match="requeued: the run will resume"):
        perform(spec_of(folder))
    assert "scontrol requeue 5_1" in slurm.asked  # 7 may stand for the whole array


def test_a_job_that_is_cancelled_meanwhile_stays_so(
    folder: Path, slurm: SlurmStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    slurm.answers("scontrol", RUNNING.replace("RUNNING", "CANCELLED"))
    come(monkeypatch, signal.SIGUSR2)
    with pytest.raises(SystemExit, match="ended by Slurm"):
        perform(spec_of(folder))
    assert not any("requeue" in line for line in slurm.asked)


@pytest.mark.parametrize(("preempted", "stays"), [("None", 0), ("2026-11-20T10:00:00", 1)])
def test_a_preempted_job_stays_for_slurm_to_start_it_again(
    preempted: str,
    stays: int,
    folder: Path,
    slurm: SlurmStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slurm.answers("scontrol", RUNNING.replace("PreemptTime=None", f"PreemptTime={preempted}"))
    slept: list[float] = []
    monkeypatch.setattr(module.time, "sleep", slept.append)
    come(monkeypatch, signal.SIGTERM)
    with pytest.raises(SystemExit, match="ended by Slurm"):
        perform(spec_of(folder))
    assert slept.count(module.GRACE_S) == stays
    assert not any("requeue" in line for line in slurm.asked)


def test_a_run_that_never_gets_on_is_not_requeued_for_ever(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    come(monkeypatch, signal.SIGUSR2, after_s=16 * 60)
    with pytest.raises(
        ClusterError, match=r"^no run made progress within time_min=30: it would be"
    ):
        perform(spec_of(folder))


def test_a_node_of_another_class_runs_nothing(folder: Path) -> None:
    spec = spec_of(folder, machine_class="A better CPU, 64 cores")
    with pytest.raises(ClusterError) as raised:
        perform(spec)
    assert "but the sweep is for 'A better CPU, 64 cores': nothing was run. " in str(raised.value)
    assert num_recorded(spec) == 0


@pytest.mark.parametrize(
    ("there", "here", "said"),
    [
        (None, "0", "is '0' on node hal but not set where the sweep was submitted"),
        ("1", None, "is not set on node hal but '1' where the sweep was submitted"),
    ],
)
def test_a_variable_that_the_node_alone_has_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, there: str | None, here: str | None, said: str
) -> None:
    name = "TF_ENABLE_ONEDNN_OPTS"
    spec = spec_of(folder, variables={name: there} if there else {})
    monkeypatch.setattr(module, "node_name", lambda: "hal")
    if here:
        monkeypatch.setenv(name, here)
    with pytest.raises(ClusterError) as raised:
        perform(spec)
    assert str(raised.value) == (
        f"{name}, which changes arithmetic, {said}, so that these would be other runs: nothing was "
        "run. `setup` in slurm/ours.yaml is for nodes alone; set it where you type the command, or "
        "nowhere."
    )
    assert num_recorded(spec) == 0


def test_other_sources_than_those_submitted_run_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of(folder)
    monkeypatch.setattr(module, "run_digests", lambda _: {"model": "changed"})
    with pytest.raises(
        ClusterError,
        match=r"have changed since the sweep was submitted, and this would be",
    ):
        perform(spec)
    assert num_recorded(spec) == 0


def test_a_failed_run_fails_the_job_after_the_others(folder: Path) -> None:
    spec = spec_of(folder, "optimizer=sgd", "optimizer.learning_rate=1e30")
    with pytest.raises(ClusterError, match=r"^2 of 2 runs did not succeed: torch-mlp-digits-s0-"):
        perform(spec)
    assert num_recorded(spec) == 2  # both have a record
