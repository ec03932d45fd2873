"""A user's own task in a user's own package: nothing of fwexp knows of it."""

import sys
from pathlib import Path

import numpy as np
import pytest

from fwexp.data.dataset import load
from fwexp.data.preparation import prepare
from fwexp.errors import ConfigError
from fwexp.launch.planning import plan_runs
from fwexp.tasks.metric import Metric
from fwexp.tasks.task import make_task

TASK = '''\
"""Is the right class among the first three?"""

from fwexp.tasks.metric import Metric


class TopThree:
    loss = "cross_entropy"
    unit = "images"
    metric = Metric(
        name="top-3", title="Right class among three", higher_is_better=True,
        comparison="points", points=100, unit="%",
    )

    def __init__(self, data):
        self.num_classes = data.num_classes

    def num_units(self, targets):
        return len(targets)

    def evaluate(self, predict, data):
        first = predict(data.test.inputs).argsort(axis=1)[:, -3:]
        hits = (first == data.test.targets[:, None]).any(axis=1)
        return {"top-3": float(hits.mean()), "loss": 0.0}
'''
YAML = """\
# digits, judged by three
defaults:
  - digits
  - _self_
task: own_task_package.judged:TopThree
"""


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's options; the package beside it can be imported."""
    (tmp_path / "own_task_package").mkdir()
    (tmp_path / "own_task_package" / "__init__.py").touch()
    (tmp_path / "own_task_package" / "judged.py").write_text(TASK)
    (tmp_path / "conf" / "data").mkdir(parents=True)
    (tmp_path / "conf" / "data" / "three.yaml").write_text(YAML)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return tmp_path / "conf"


def planned(conf: Path, *overrides: str):
    plan = plan_runs(
        {"framework": ["framework=torch", "framework=tf"]},
        ["data=three", "model=mlp", "comparison.num_seeds=1", *overrides],
        name="own",
        title="Own",
        command="fwexp",
        config_dirs=[str(conf)],
    )
    return plan.first


def test_it_is_planned_and_judges(conf: Path) -> None:
    data = planned(conf, "training.target=0.9").data
    prepare(data, say=[].append)
    task = make_task(data)
    assert isinstance(task.metric, Metric)
    assert (task.metric.tell(0.5), task.num_units(np.zeros(4))) == ("50 % top-3", 4)

    def always_the_same(inputs):
        return np.tile(np.arange(10.0), (len(inputs["x"]), 1))

    scores = task.evaluate(always_the_same, load(data))
    assert scores["top-3"] == pytest.approx(0.3, abs=0.02)


def test_its_metric_decides_what_can_be_reached(conf: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        planned(conf, "training.target=90")
    assert raised.value.problems == [
        "training.target=90: top-3 is a share, at most 1; type training.target=0.9 for 90 %"
    ]


def test_a_near_miss_is_told_before_anything_runs(conf: Path) -> None:
    task = "data.task=own_task_package.judged:TopThre"
    with pytest.raises(ConfigError) as raised:
        planned(conf, task)
    file = conf.parent / "own_task_package" / "judged.py"
    assert raised.value.problems == [f"{task}: {file} has no TopThre. Did you mean 'TopThree'?"]
