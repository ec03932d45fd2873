"""Pairs are complete or dropped, and every dropped one is named."""

import pytest

from fwexp.evidence.aggregate import Workload, aggregate
from fwexp.evidence.pairs import pair_by_block, pair_by_seed
from fwexp.store.record import RunRecord
from tests.evidence.factory import Sweep, Truth, simulate


def accuracy(record: RunRecord) -> float | None:
    return record.score


def total_s(record: RunRecord) -> float | None:
    return record.phases.total_s if record.phases else None


def only(sweep: Sweep) -> Workload:
    (workload,) = aggregate(sweep.manifest, sweep.records, sweep.certificates)
    return workload


def test_accuracy_pairs_by_seed_and_drops_what_is_not_whole() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.fail("torch", "mlp", 3, message="boom")
    found = pair_by_seed(only(sweep), accuracy)
    assert [pair.key for pair in found.pairs] == [0, 1, 2, 4]
    assert found.pairs[0].torch == sweep.records["torch-mlp-0"].score
    assert found.pairs[0].tf == sweep.records["tf-mlp-0"].score
    assert found.dropped == ["seed 3 has no PyTorch figure"]


def test_both_sides_missing_is_one_sentence() -> None:
    sweep = simulate({"mlp": Truth()})
    del sweep.records["torch-mlp-1"], sweep.records["tf-mlp-1"]
    assert pair_by_block(only(sweep), total_s).dropped == [
        "block 1 has no PyTorch or TensorFlow figure"
    ]


def test_several_runs_in_a_block_are_averaged_on_each_side() -> None:
    sweep = simulate({"mlp": Truth()}, num_seeds=2)
    sweep.manifest.blocks = [[run_id for block in sweep.manifest.blocks for run_id in block]]
    (pair,) = pair_by_block(only(sweep), total_s).pairs
    times = [total_s(sweep.records[f"tf-mlp-{seed}"]) for seed in range(2)]
    assert pair.tf == pytest.approx(sum(time for time in times if time) / 2)


def test_a_run_in_no_block_is_said() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.manifest.blocks = sweep.manifest.blocks[1:]
    found = pair_by_block(only(sweep), total_s)
    assert len(found.pairs) == 4
    assert sorted(found.dropped) == [
        "tf-mlp-0 is not in any block",
        "torch-mlp-0 is not in any block",
    ]
