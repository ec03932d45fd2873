"""A sweep turned into runs, before anything starts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fwexp.config.identity import workload_key
from fwexp.errors import ConfigError, DeviceError
from fwexp.launch import plan as module
from fwexp.launch import probe
from fwexp.launch.plan import Plan, declare, plan_run
from fwexp.runs.store import Store
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


def test_the_order_of_the_axes_does_not_change_the_order_of_the_runs(tmp_path: Path) -> None:
    plan = tiny_plan(in_store=tmp_path, framework=BOTH, seed=[0, 1, 2])
    turned = tiny_plan(in_store=tmp_path, seed=[2, 0, 1], framework=BOTH[::-1])
    assert [sorted(block) for block in ids(turned)] == [sorted(block) for block in ids(plan)]


def test_a_run_named_twice_is_run_once(tmp_path: Path) -> None:
    options = {"training.num_steps": [6, 6], "seed": [0, 0, 1]}
    assert len(tiny_plan(in_store=tmp_path, **options).runs) == 2


def test_without_a_seed_axis_there_is_a_run_a_seed() -> None:
    plan = module.plan_runs(
        {}, ["model=mlp", "comparison.num_seeds=3"], name="n", title="t", command="c"
    )
    assert sorted(run.config.seed for run in plan.runs) == [0, 1, 2]


def test_nothing_is_left_to_the_machine(tmp_path: Path) -> None:
    plan = tiny_plan("hardware.num_threads=null", in_store=tmp_path)
    assert plan.first.hardware.num_threads == module.usable_cores()


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
        ("training.target", [0.5, 0.6], "training.target"),
        ("tracking", ["none", "wandb_offline"], "tracking"),
        ("store", ["a", "b"], "store"),
    ],
)
def test_what_a_sweep_declares_once_is_no_axis(
    tmp_path: Path, axis: str, values: list[object], key: str
) -> None:
    assert problems_of(tmp_path, **{axis: values}) == [
        f"{key}: a sweep has one for all its runs, but here are several; type a sweep for each"
    ]


def test_a_sweep_has_one_machine_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "machine_class", lambda config: config.hardware.name)
    assert problems_of(tmp_path, hardware=["gpu", "cpu"]) == [
        "a sweep is compared within one machine class, but this one has cpu and gpu; "
        "type a sweep for each"
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
    monkeypatch.setattr("fwexp.config.identity.version", version)
    with pytest.raises(DeviceError, match=r"^framework=torch needs torch and pytorch_lightning"):
        plan_run(tiny_config())


def test_the_models_own_options_are_checked_first(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "model.options.widht=3")
    assert problem.startswith("model.options.widht: mlp has no such option")


def test_a_manifest_keeps_its_date_until_it_declares_something_else(tmp_path: Path) -> None:
    store = Store(tmp_path)
    plan = tiny_plan(in_store=tmp_path, framework=BOTH)
    first = replace(declare(plan, store), declared_at="2026-01-01T00:00:00+00:00")
    assert len(first.certificates) == 1
    store.write_manifest(first)
    again = tiny_plan("tracking=wandb_offline", in_store=tmp_path, framework=BOTH)
    typed = replace(again, command="fwexp sweep tiny tracking=wandb_offline")
    assert declare(typed, store) == first

    other = declare(
        tiny_plan("comparison.ratio_margin=1.5", in_store=tmp_path, framework=BOTH), store
    )
    assert other.declared_at > first.declared_at
    assert other.sha256 != first.sha256
    archived = sorted(path.name for path in store.sweep_folder("tiny").iterdir())
    assert archived == [
        f"manifest-2026_01_01t00_00_00_00_00-{first.sha256[:8]}.json",
        "manifest.json",
    ]


def test_a_torn_manifest_is_replaced(tmp_path: Path) -> None:
    store = Store(tmp_path)
    plan = tiny_plan(in_store=tmp_path)
    for text in ("{", "[]", '{"name": "tiny"}'):
        store.sweep_folder("tiny").mkdir(parents=True, exist_ok=True)
        (store.sweep_folder("tiny") / "manifest.json").write_text(text)
        assert declare(plan, store).blocks == ids(plan)


def test_one_framework_is_compared_with_none(tmp_path: Path) -> None:
    assert declare(tiny_plan(in_store=tmp_path), Store(tmp_path)).certificates == []
