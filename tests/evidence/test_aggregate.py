"""Workloads by what varies, and every unusable run named with its reason."""

from dataclasses import replace

from fwexp.config.schema import Optimizer
from fwexp.evidence.aggregate import aggregate
from tests.evidence.factory import Truth, simulate


def test_a_workload_is_everything_but_framework_and_seed() -> None:
    sweep = simulate({"mlp": Truth(), "cnn": Truth()})
    workloads = aggregate(sweep.manifest, sweep.records, sweep.certificates)
    assert [(w.label, len(w.runs)) for w in workloads] == [("mlp", 10), ("cnn", 10)]
    assert [run.seed for run in workloads[0].used("tf")] == [0, 1, 2, 3, 4]


def test_one_workload_is_labelled_by_its_model() -> None:
    sweep = simulate({"mlp": Truth()})
    assert [w.label for w in aggregate(sweep.manifest, sweep.records, sweep.certificates)] == [
        "mlp"
    ]


def test_a_value_that_varies_within_a_group_is_in_the_label() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.split("mlp", lambda c: replace(c, training=replace(c.training, batch_size=128)))
    labels = [w.label for w in aggregate(sweep.manifest, sweep.records, sweep.certificates)]
    assert labels == ["batch_size=64", "batch_size=128"]


def test_what_a_groups_name_explains_is_not_repeated() -> None:
    sweep = simulate({"mlp": Truth(), "cnn": Truth()})
    sgd = Optimizer(name="sgd", learning_rate=0.1)
    for model in ("mlp", "cnn"):
        sweep.split(model, lambda c: replace(c, optimizer=sgd))
    labels = [w.label for w in aggregate(sweep.manifest, sweep.records, sweep.certificates)]
    assert labels == ["mlp · adam", "cnn · adam", "mlp · sgd", "cnn · sgd"]


def test_unusable_runs_carry_no_record_and_say_why() -> None:
    sweep = simulate({"mlp": Truth()})
    del sweep.records["tf-mlp-0"]
    sweep.fail("tf", "mlp", 1, message="out of memory")
    foreign = replace(sweep.records["tf-mlp-2"], machine_class="Other CPU, 64 cores")
    sweep.records["tf-mlp-2"] = foreign
    (workload,) = aggregate(sweep.manifest, sweep.records, sweep.certificates)
    told = {run.run_id: (run.problem, run.reason) for run in workload.runs if not run.record}
    assert told == {
        "tf-mlp-0": ("missing", "has not run, or its record is gone"),
        "tf-mlp-1": ("failed", "RuntimeError: out of memory"),
        "tf-mlp-2": (
            "other machine class",
            "ran on Other CPU, 64 cores: times are not compared",
        ),
    }
    assert [run.seed for run in workload.used("tf")] == [3, 4]
