"""Slow runs and torn blocks are named."""

from dataclasses import replace

from fwexp.evidence.aggregate import aggregate
from fwexp.evidence.disturbance import disturbances
from tests.evidence.factory import Sweep, Truth, simulate


def named(sweep: Sweep) -> list[str]:
    return disturbances(aggregate(sweep.manifest, sweep.records, sweep.certificates))


def test_a_quiet_sweep_names_nothing() -> None:
    assert named(simulate({"mlp": Truth(), "cnn": Truth()})) == []


def test_a_slow_run_is_named_by_how_much() -> None:
    sweep = simulate({"mlp": Truth(time_sd=0.0)})
    record = sweep.records["tf-mlp-2"]
    assert record.samples_per_s is not None
    sweep.records["tf-mlp-2"] = replace(record, samples_per_s=record.samples_per_s / 1.5)
    expected = "mlp, TensorFlow, seed 2: its steps took 1.50× the median of the 5 runs"
    assert named(sweep) == [expected]


def test_a_block_whose_runs_lie_apart_is_named() -> None:
    sweep = simulate({"mlp": Truth()})
    late = {"started_at": "2026-11-09T12:00:00+00:00", "finished_at": "2026-11-09T12:00:02+00:00"}
    sweep.records["tf-mlp-0"] = replace(sweep.records["tf-mlp-0"], **late)
    assert named(sweep) == ["mlp, block 0: its runs are 120 min apart"]


def test_a_block_whose_runs_were_on_two_nodes_is_named() -> None:
    sweep = simulate({"mlp": Truth()})
    for run_id, node in (("torch-mlp-0", "nodeA"), ("tf-mlp-0", "nodeB")):
        record = sweep.records[run_id]
        there = replace(record.environment, node=node)
        sweep.records[run_id] = replace(record, environment=there)
    assert named(sweep) == ["mlp, block 0: its runs were on nodeA and nodeB"]
