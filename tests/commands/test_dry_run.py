"""What a dry run tells of a plan, and that it leaves nothing behind."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fwexp.commands.dry_run import dry_run
from fwexp.launch.plan import Plan, PlannedRun
from fwexp.runs.identity import workload_key
from fwexp.store.record import Failure, Phases, RunRecord
from fwexp.store.store import Store
from tests.evidence.factory import Truth, simulate
from tests.tiny import ROOT, tiny_plan

BOTH = ["torch", "tf"]
GPUS = "NVIDIA H100 × 4; host AMD EPYC, 64 cores"
PRICE = (
    "US$ 0.20 per hour (Lambda's public price list, 4 vCPU and 16 GB, as seen in November 2026, "
    "2026-11-01, region unspecified, on demand, host included)"
)


def put(plan: Plan, run: PlannedRun, *, total_s: float | None) -> None:
    """A record of the run as done in so many seconds, or as failed."""
    record: RunRecord = simulate({"mlp": Truth()}, num_seeds=1).records["torch-mlp-0"]
    changes: dict[str, Any] = {"phases": Phases(**{**phases_of(record), "total_s": total_s or 0})}
    if total_s is None:
        failure = Failure(kind="RuntimeError", message="boom", traceback="")
        changes = {"status": "failed", "failure": failure, "phases": None}
    record = replace(record, run_id=run.run_id, machine_class=plan.machine_class, **changes)
    record.config = run.config
    Store(run.config.store).run(plan.machine_class, run.run_id).finish(record)


def phases_of(record: RunRecord) -> dict[str, float]:
    assert record.phases is not None
    return vars(record.phases)


def lines_of(plan: Plan, capsys: pytest.CaptureFixture[str], *, retry: bool = False) -> list[str]:
    assert dry_run(plan, retry=retry) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return [" ".join(line.split()) for line in out.splitlines()]


def test_counts_by_axis_and_what_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    axes = {"framework": BOTH, "model": ["mlp", "cnn"], "seed": [10, 9]}
    plan = tiny_plan(in_store=tmp_path, **axes)
    for run in plan.runs:
        if run.config.model.name == "mlp" and run.config.seed == 9:
            put(plan, run, total_s=1.0)
    head, *lines = lines_of(plan, capsys)
    assert head == f"sweep tiny on {plan.machine_class}: 8 runs, 6 to do"
    assert lines[:7] == [
        "axis value runs done",
        "framework.name tf 4 1",
        "torch 4 1",
        "model.name cnn 4 0",
        "mlp 4 2",
        "seed 9 4 2",
        "10 4 0",
    ]
    assert lines[9:11] == [
        "device hours and cost: unknown for 4 runs, no run of their workload and framework is in "
        "the store",
        "4 blocks, one after another:",
    ]
    assert sum(line.count("(done)") for line in lines[11:]) == 2
    assert len(lines[11:]) == 4


def test_hours_and_cost_are_from_the_same_workload_and_framework(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of any seed and sweep; another model, another framework, a failure tell nothing."""
    earlier = tiny_plan(in_store=tmp_path, seed=[0, 1, 2])
    for run, total_s in zip(earlier.runs, (3600, 7200, None), strict=True):
        put(earlier, run, total_s=total_s)
    for other in ("training.num_steps=7", "framework=tf"):
        plan = tiny_plan(other, in_store=tmp_path)
        assert lines_of(plan, capsys)[1].startswith("device hours and cost: unknown for 1 run, no")
    for other in ("training.num_steps=7", "model=cnn"):
        put(earlier, tiny_plan(other, in_store=tmp_path).runs[0], total_s=1e6)
    any_machine = "pricing.machine_class='.+'"
    plan = tiny_plan(any_machine, in_store=tmp_path, seed=[1, 5, 6, 7])
    lines = lines_of(plan, capsys)
    (first,) = [i for i, line in enumerate(lines) if line.startswith("estimate: ")]
    assert lines[first : first + 3] == [
        "estimate: 4.50 device hours for 3 runs, by 2 runs in the store; "
        "certificates and imports not included",
        f"US$ 0.9, projected: {PRICE}",
        "4 blocks, one after another:",
    ]


def test_several_devices_and_nodes_are_paid_one_by_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tiny_plan(in_store=tmp_path)
    (run,) = plan.runs
    hardware = replace(run.config.hardware, name="gpu", devices=4, nodes=2)
    config = replace(run.config, hardware=hardware)
    run = replace(run, config=config, workload=workload_key(config))
    plan = replace(plan, blocks=[[run]], machine_class=GPUS)
    put(plan, replace(run, run_id=run.run_id + "9"), total_s=3600)
    lines = lines_of(plan, capsys)
    assert lines[1].startswith("estimate: 8.00 device hours for 1 run, by 1 run in the store;")
    assert lines[2] == (
        "cost unknown: the price lambda_cpu_4x is for machines matching "
        f"{config.pricing.machine_class!r}, but the runs used {GPUS!r}; choose another "
        "pricing=… or add your own"
    )
    run.config.pricing.machine_class = "NVIDIA H100 × 4; .+"
    assert lines_of(plan, capsys)[2] == f"US$ 0.4, projected: {PRICE}"  # a machine's price, of two


def test_with_retry_a_failed_run_is_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tiny_plan(in_store=tmp_path)
    put(plan, plan.runs[0], total_s=None)
    assert lines_of(plan, capsys)[0].endswith(": 1 run, 0 to do")
    assert lines_of(plan, capsys, retry=True)[0].endswith(": 1 run, 1 to do")


def test_a_torn_record_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tiny_plan(in_store=tmp_path)
    put(plan, plan.runs[0], total_s=1.0)
    (file,) = tmp_path.glob("runs/*/*/record.json")
    file.write_text("{")
    complaint, head, *_ = lines_of(plan, capsys)
    assert complaint.startswith(f"{file}: cannot be read")
    assert complaint.endswith("; the run would be repeated")
    assert head.endswith(": 1 run, 1 to do")


def test_of_many_blocks_the_first_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for num, last in ((20, "block 20: "), (21, "… and 18 more")):
        lines = lines_of(tiny_plan(in_store=tmp_path, seed=list(range(num))), capsys)
        assert lines[-1].startswith(last)
        assert f"{num} blocks, one after another:" in lines


def test_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tiny_plan(in_store=tmp_path / "store")
    lines_of(plan, capsys)
    assert os.listdir(tmp_path) == []


def test_it_needs_no_framework_and_no_statistics() -> None:
    heavy = ("torch", "tensorflow", "keras", "pytorch_lightning", "wandb", "scipy", "altair")
    script = f"""
import sys
import fwexp.commands.dry_run
print([name for name in {heavy!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
