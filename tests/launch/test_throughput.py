"""The sweep of the six quoted models at full size plans, and no run of it can have a score."""

from pathlib import Path

import numpy as np
import pytest

from fwexp.launch.axes import split_axes
from fwexp.launch.plan import Plan
from fwexp.launch.planning import plan_runs
from fwexp.launch.sweep_file import read_sweep
from fwexp.meters.clock import num_first_steps
from fwexp.tasks.task import make_task

QUOTED = {
    *("alexnet_full", "vgg19_full", "resnet50_full", "mobilenet_full"),
    *("gnmt_full", "ncf_full"),
}


def planned(*typed: str) -> Plan:
    sweep = read_sweep("throughput", config_dirs=[])
    axes, fixed = split_axes([*sweep.as_overrides(), *typed])
    return plan_runs(axes, fixed, name="t", title="T", command="c", cases=sweep.cases)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # so that the sweep is fwexp's own


def test_the_six_are_timed_in_both_frameworks_and_have_no_score() -> None:
    runs = planned("seed=0").runs
    found = {(run.config.model.name, run.config.framework.name) for run in runs}
    assert found == {(model, framework) for model in QUOTED for framework in ("torch", "tf")}
    assert len(runs) == 12
    assert not any(make_task(run.config.data).metric.compared for run in runs)
    for run in runs:
        num_steps = run.config.training.num_steps
        assert num_steps is not None
        assert num_steps - num_first_steps(np.ones(num_steps)) >= 5  # are timed


def test_one_override_makes_every_batch_larger() -> None:
    """As the sweep's own comment says, on the data as they are declared."""
    runs = planned("seed=0", "training.batch_size=64").runs
    assert [run.config.training.batch_size for run in runs] == [64] * 12
