"""Real runs on two devices or nodes: the same training, a stop, the death of a rank."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fwexp.store.record import RunRecord
from tests.proc import children
from tests.runs.test_preemption import Run
from tests.tiny import ROOT, TINY

TWO = "hardware.devices=2"
SHORT = "training.num_steps=40"
NUM_STEPS = 600  # long enough that a signal, which is passed on, falls into them


def record_of(run: Run) -> RunRecord:
    record = run.run_folder.read_record()
    assert record is not None
    return record


@pytest.mark.parametrize("framework", ["torch", "tf"])
def test_a_run_on_two_devices_is_the_one_on_one(framework: str, tmp_path: Path) -> None:
    one = Run(framework, tmp_path / "one", SHORT)
    two = Run(framework, tmp_path / "two", SHORT, TWO)
    assert (one.perform(), two.perform()) == (0, 0)
    (losses, rates, scores), (wanted, wanted_rates, wanted_scores) = two.results(), one.results()
    assert rates == wanted_rates
    assert losses == pytest.approx(wanted, rel=1e-4)
    assert [step for step, _ in scores] == [step for step, _ in wanted_scores]
    assert scores[-1][1]["loss"] == pytest.approx(wanted_scores[-1][1]["loss"], rel=1e-4)
    alone, shared = record_of(one).effective, record_of(two).effective
    assert alone is not None
    assert shared is not None
    assert (shared.num_replicas, shared.batch_statistics) == (2, "per replica")
    assert alone.num_replicas == 1


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["torch", "tf"])
def test_a_stopped_run_on_two_devices_goes_on_as_if_it_had_not_been(
    framework: str, tmp_path: Path
) -> None:
    steps = f"training.num_steps={NUM_STEPS}"
    whole, parted = (Run(framework, tmp_path / name, TWO, steps) for name in ("whole", "parted"))
    assert whole.perform() == 0
    assert parted.perform(stop_at=1) == os.EX_TEMPFAIL
    assert parted.perform() == 0
    (step,) = parted.interrupted_after()
    assert 0 < step < NUM_STEPS
    assert parted.results() == whole.results()


def test_the_death_of_a_rank_fails_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = Run("torch", tmp_path, TWO)
    call, ranks = run.server.call, []

    def hear(event: dict[str, Any]) -> None:
        if event.get("step") and not ranks:
            (parent,) = children(run.server._process.pid)
            ranks.extend(children(parent))
            os.kill(ranks[0], signal.SIGKILL)  # the second rank: it is started first

    monkeypatch.setattr(run.server, "call", lambda *a, **k: call(*a, **{**k, "hear": hear}))
    assert run.perform() == 0  # the run's failure, not its process's
    failure = record_of(run).failure
    assert len(ranks) == 2
    assert failure is not None
    assert (failure.kind, failure.message) == (
        "RankFailed",
        "rank 1 of 2: its process was killed by SIGKILL; the others were ended with it",
    )


@pytest.mark.slow
def test_a_run_on_two_nodes(tmp_path: Path) -> None:
    """Two nodes of a Slurm job, as far as their processes can tell, and a store that both have."""
    scontrol = tmp_path / "scontrol"
    scontrol.write_text("#!/bin/sh\necho 127.0.0.1\necho 127.0.0.1\n")
    scontrol.chmod(0o755)
    nodes = [start_node(tmp_path, index) for index in (0, 1)]
    outputs = [node.communicate(timeout=120)[0] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], outputs
    (record,) = tmp_path.glob("store/runs/*/*/record.json")
    assert '"num_replicas": 2' in record.read_text()
    assert all("images/s over the steady steps" in output for output in outputs)


def start_node(folder: Path, index: int) -> subprocess.Popen[str]:
    locks = folder / f"locks{index}"  # a machine's: here both nodes are one
    variables = {
        **{"SLURM_JOB_ID": "17", "SLURM_JOB_NUM_NODES": "2", "SLURM_NODEID": str(index)},
        **{"SLURM_JOB_NODELIST": "node[3-4]", "GLOO_SOCKET_IFNAME": "lo"},
        **{"PATH": f"{folder}:{os.environ['PATH']}", "FWEXP_LOCKS": str(locks)},
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "fwexp", *TINY, SHORT, "hardware.nodes=2"],
        cwd=folder,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
