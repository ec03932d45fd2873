"""A sweep turned into runs, before anything starts."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from fwexp.config.resolve import usable_cores
from fwexp.errors import ConfigError, DeviceError
from fwexp.launch.declare import declare
from fwexp.launch.plan import Plan
from fwexp.launch.planning import plan_run, plan_runs
from fwexp.meters import probe
from fwexp.runs.identity import workload_key
from fwexp.store.store import Store
from tests.tiny import tiny_config, tiny_plan

BOTH = ["torch", "tf"]


def ids(plan: Plan) -> list[list[str]]:
    return [[run.run_id for run in block] for block in plan.blocks]


def problems_of(in_store: Path, *overrides: str, **axes: Sequence[object]) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        tiny_plan(*overrides, in_store=in_store, **axes)
    return raised.value.problems


def test_a_block_is_one_workload_and_seed_in_both_frameworks(tmp_path: Path) -> None:
    plan = tiny_plan(in_store=tmp_path, framework=BOTH, model=["mlp", "cnn"], seed=[0, 1, 2])
    assert len(plan.blocks) == 6
    for block in plan.blocks:
        assert {run.config.framework.name for run in block} == set(BOTH)
        assert len({(workload_key(run.config), run.config.seed) for run in block}) == 1
    assert len({run.run_id for run in plan.runs}) == 12


def test_the_order_is_random_but_the_same_every_time(tmp_path: Path) -> None:
    matrix = {"framework": BOTH, "model": ["mlp", "cnn"], "seed": list(range(8))}
    plan = tiny_plan(in_store=tmp_path, **matrix)
    assert ids(tiny_plan(in_store=tmp_path, **matrix)) == ids(plan)
    assert [block[0].config.seed for block in plan.blocks] == [s for s in range(8) for _ in "mc"]
    assert {block[0].config.framework.name for block in plan.blocks} == set(BOTH)
    assert {block[0].config.model.name for block in plan.blocks[::2]} == {"mlp", "cnn"}


@pytest.mark.parametrize("num_seeds", [1, 2, 5, 8])
def test_each_framework_goes_first_in_half_of_a_workloads_blocks(
    tmp_path: Path, num_seeds: int
) -> None:
    plan = tiny_plan(
        in_store=tmp_path, framework=BOTH, model=["mlp", "cnn"], seed=list(range(num_seeds))
    )
    for model in ("mlp", "cnn"):
        own = [block for block in plan.blocks if block[0].config.model.name == model]
        first = [block[0].config.framework.name for block in own]
        assert len(first) == num_seeds
        assert abs(first.count("torch") - first.count("tf")) <= 1


def test_which_framework_goes_first_is_drawn(tmp_path: Path) -> None:
    """By the runs' ids, which differ with the learning rate."""
    orders = set()
    for rate in range(1, 9):
        rates = {"optimizer.learning_rate": [rate / 100]}
        plan = tiny_plan(in_store=tmp_path, framework=BOTH, seed=list(range(4)), **rates)
        orders.add(tuple(block[0].config.framework.name for block in plan.blocks))
    assert len(orders) > 2


def test_the_order_of_the_axes_does_not_change_the_order_of_the_runs(tmp_path: Path) -> None:
    plan = tiny_plan(in_store=tmp_path, framework=BOTH, seed=[0, 1, 2])
    turned = tiny_plan(in_store=tmp_path, seed=[2, 0, 1], framework=BOTH[::-1])
    assert [sorted(block) for block in ids(turned)] == [sorted(block) for block in ids(plan)]


def test_a_run_named_twice_is_run_once(tmp_path: Path) -> None:
    options = {"training.num_steps": [6, 6], "seed": [0, 0, 1]}
    assert len(tiny_plan(in_store=tmp_path, **options).runs) == 2


def test_without_a_seed_axis_there_is_a_run_a_seed() -> None:
    plan = plan_runs({}, ["model=mlp", "comparison.num_seeds=3"], name="n", title="t", command="c")
    assert sorted(run.config.seed for run in plan.runs) == [0, 1, 2]


def test_nothing_is_left_to_the_machine(tmp_path: Path) -> None:
    plan = tiny_plan("hardware.num_threads=null", in_store=tmp_path)
    assert plan.first.hardware.num_threads == usable_cores()


def test_every_bad_seed_is_named(tmp_path: Path) -> None:
    assert problems_of(tmp_path, seed=[1, -1, -2]) == [
        "seed=-1: must be from 0 to 4294967295.",
        "seed=-2: must be from 0 to 4294967295.",
    ]


@pytest.mark.parametrize(
    ("axis", "values", "key"),
    [
        ("comparison.num_seeds", [3, 4], "comparison"),
        ("pricing.price_usd_per_hour", [1, 2], "pricing"),
        ("tracking", ["none", "wandb_offline"], "tracking"),
        ("store", ["a", "b"], "store"),
    ],
)
def test_what_a_sweep_declares_once_is_no_axis(
    tmp_path: Path, axis: str, values: list[object], key: str
) -> None:
    assert problems_of(tmp_path, **{axis: values}) == [
        f"{key}: all runs of a sweep share one, but here are several; run one sweep for each"
    ]


@pytest.mark.parametrize(
    ("key", "values", "told"),
    [
        ("training.target", [0.5, 0.6], "0.5 and 0.6"),
        ("training.target", [0.5, "null"], "0.5 and None"),
        ("training.quality_target", [0.5, 0.6], "0.5 and 0.6"),
        ("hardware.probe_timeout_s", [9, 8], "9.0 and 8.0"),
    ],
)
def test_one_workload_has_one(tmp_path: Path, key: str, values: list[object], told: str) -> None:
    above = ["training.baseline=guessing"] if key == "training.quality_target" else []
    assert problems_of(tmp_path, *above, model=["mlp", "cnn"], **{key: values}) == [
        f"{key} is {told} for one workload, which takes one; run one sweep for each"
    ]


def test_every_case_may_have_a_target_and_a_quality_target_of_its_own(tmp_path: Path) -> None:
    quality = ["training.quality_target=0.2", "training.baseline=guessing"]
    cases = [["model=mlp", "training.target=0.9"], ["model=cnn", "training.target=0.8", *quality]]
    plan = plan_cases(cases, in_store=tmp_path, framework=BOTH)
    targets = {run.config.model.name: run.config.training.target for run in plan.runs}
    assert targets == {"mlp": 0.9, "cnn": 0.8}
    manifest = declare(plan, Store(tmp_path))
    keys = {workload_key(run.config): run.config.training.target for run in plan.runs}
    assert {key: w.target for key, w in manifest.workloads.items()} == keys
    assert sorted(keys.values()) == [0.8, 0.9]
    assert {w.quality_target for w in manifest.workloads.values()} == {0.2, None}


@pytest.mark.parametrize(("target", "share"), [("98", "0.98"), ("1.5", "0.015")])
def test_an_accuracy_cannot_be_above_1(tmp_path: Path, target: str, share: str) -> None:
    assert problems_of(tmp_path, f"training.target={target}") == [
        f"training.target={target}: accuracy is a share, at most 1; "
        f"type training.target={share} for {target} %"
    ]
    quality = [f"training.quality_target={target}", "training.baseline=guessing"]
    assert problems_of(tmp_path, *quality) == [
        f"training.quality_target={target}: accuracy is a share, at most 1; "
        f"type training.quality_target={share} for {target} %"
    ]
    assert tiny_plan("training.target=1", in_store=tmp_path).first.training.target == 1


def test_a_target_of_another_metric_may_be(tmp_path: Path) -> None:
    plan = tiny_plan(
        "training.target=20",
        "data.task=fwexp.tasks.language_model:LanguageModel",
        in_store=tmp_path,
    )
    assert plan.first.training.target == 20


def test_an_unknown_task_is_told_before_anything_runs(tmp_path: Path) -> None:
    task = "data.task=fwexp.tasks.classification:Clasification"
    (problem,) = problems_of(tmp_path, task)
    assert problem.startswith(f"{task}: ")
    assert problem.endswith(
        "classification.py has no Clasification. Did you mean 'Classification'?"
    )


def test_a_model_that_does_not_fit_its_data_is_told_before_anything_runs(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "data.image_shape=null", "data.num_classes=null") == [
        "model=mlp does not fit data=digits: it needs image_shape and num_classes, "
        "and that data set has none of what a model is built for"
    ]


def plan_cases(cases: list[list[str]], *, in_store: Path, **axes: Sequence[object]) -> Plan:
    fixed = ["data=digits", "hardware.num_threads=1", "tracking=none", f"store={in_store}"]
    chosen = {"seed": [0], **axes}
    return plan_runs(
        {key: [f"{key}={value}" for value in values] for key, values in chosen.items()},
        fixed,
        name="cases",
        title="Cases",
        command="fwexp sweep cases",
        cases=cases,
    )


def test_every_case_runs_the_whole_matrix(tmp_path: Path) -> None:
    cases = [["model=mlp", "model.options.width=8"], ["model=cnn", "training.num_epochs=3"]]
    plan = plan_cases(cases, in_store=tmp_path, framework=BOTH, seed=[0, 1, 2])
    assert (len(plan.runs), len(plan.blocks)) == (2 * 2 * 3, 2 * 3)
    told = {
        (c.model.name, c.model.options["width"], c.training.num_epochs)
        for c in (run.config for run in plan.runs)
    }
    assert told == {("mlp", 8, 10), ("cnn", 32, 3)}
    assert all(len(block) == 2 for block in plan.blocks)
    assert len(declare(plan, Store(tmp_path)).certificates) == 2


def test_two_cases_that_are_the_same_run_once(tmp_path: Path) -> None:
    assert len(plan_cases([["model=mlp"], ["model=mlp"]], in_store=tmp_path).runs) == 1


def test_an_override_for_all_wins_over_a_cases(tmp_path: Path) -> None:
    cases = [[f"store={tmp_path / 'other'}", "model=mlp"], ["hardware.num_threads=2", "model=cnn"]]
    plan = plan_cases(cases, in_store=tmp_path)
    assert {run.config.store for run in plan.runs} == {str(tmp_path)}
    assert {run.config.hardware.num_threads for run in plan.runs} == {1}


def test_a_case_that_breaks_a_rule_is_told_as_any_run_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        plan_cases([["model=mlp"], ["training.batch_size=0"]], in_store=tmp_path)
    assert raised.value.problems == ["training.batch_size=0: must be at least 1."]


def test_a_sweep_has_one_machine_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "machine_class", lambda config: config.hardware.name)
    assert problems_of(tmp_path, hardware=["gpu", "cpu"]) == [
        "a sweep is compared within one machine class, but this one has cpu and gpu; "
        "run one sweep for each"
    ]


def test_the_device_is_asked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def look(config: object) -> str:
        asked.append(config.framework.name)  # type: ignore[attr-defined]
        return "a machine"

    monkeypatch.setattr(probe, "machine_class", look)
    tiny_plan(in_store=tmp_path, framework=BOTH, seed=[0, 1, 2])
    assert sorted(asked) == ["tf", "torch"]


def test_a_framework_that_is_not_installed_is_told_before_its_version_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def version(_: str) -> str:
        pytest.fail("asked for a version")

    monkeypatch.setattr(probe, "find_spec", lambda _: None)
    monkeypatch.setattr("fwexp.identity.distributions.version", version)
    with pytest.raises(DeviceError, match=r"^framework=torch needs torch and pytorch_lightning"):
        plan_run(tiny_config())


def test_the_models_own_options_are_checked_first(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "model.options.widht=3")
    assert problem.startswith("model.options.widht: mlp has no such option")
