"""Scaling efficiency, from simulated sweeps whose speeds are known."""

from dataclasses import replace
from typing import Any

import pytest

from fwexp.config.schema import Config
from fwexp.evidence.assess import Evidence
from fwexp.evidence.scaling import SHARE, WHOLE, Scaling
from fwexp.evidence.statistics import MIN_PAIRS
from fwexp.writeup.page import render_markdown
from tests.evidence.factory import Sweep, Truth, simulate

SPEEDS = {0: 1.0, 1: 1.1, 2: 0.9, 3: 1.05, 4: 1.0}  # of the seeds, whatever the devices


def on_devices(sweep: Sweep, *, efficiency: float, **changed: dict[str, Any]) -> None:
    """Add every run a second time on other hardware or another batch, at that efficiency."""
    manifest = sweep.manifest
    for key, workload in list(manifest.workloads.items()):
        manifest.workloads[f"{key}-more"] = replace(
            workload, config=changed_config(workload.config, changed)
        )
    for run_id, run in list(manifest.runs.items()):
        record = sweep.records[run_id]
        other = changed_config(record.config, changed)
        devices = other.hardware.devices * other.hardware.nodes
        assert record.samples_per_s is not None
        own = f"{run_id}-{devices}-{other.training.batch_size}"
        manifest.runs[own] = replace(run, workload=f"{run.workload}-more")
        manifest.blocks.append([own])
        speed = record.samples_per_s * devices * efficiency * SPEEDS[run.seed]
        sweep.records[own] = replace(record, run_id=own, config=other, samples_per_s=speed)


def changed_config(config: Config, changed: dict[str, dict[str, Any]]) -> Config:
    groups = {group: replace(getattr(config, group), **values) for group, values in changed.items()}
    return replace(config, **groups)


def found(sweep: Sweep) -> dict[tuple[str, str, int], Scaling]:
    return {(s.framework, s.batch, s.num_replicas): s for s in sweep.evidence().scalings}


def test_the_efficiency_of_two_devices() -> None:
    sweep = simulate({"cnn": Truth()})
    on_devices(sweep, efficiency=0.8, hardware={"devices": 2})
    scalings = found(sweep)
    assert set(scalings) == {("torch", WHOLE, 2), ("tf", WHOLE, 2)}
    mean = (1.0 * 1.1 * 0.9 * 1.05 * 1.0) ** (1 / 5)
    for scaling in scalings.values():
        assert scaling.workload == "devices=2"
        assert sorted(scaling.efficiencies) == pytest.approx([0.72, 0.8, 0.8, 0.84, 0.88])
        assert scaling.estimate == pytest.approx(0.8 * mean)
        assert scaling.interval is not None
        assert scaling.interval.low < 0.8 * mean < scaling.interval.high
        assert scaling.interval.confidence == 0.95


def test_nodes_count_as_devices_do() -> None:
    sweep = simulate({"cnn": Truth()})
    on_devices(sweep, efficiency=0.5, hardware={"devices": 4, "nodes": 2})
    assert {s.num_replicas for s in sweep.evidence().scalings} == {8}


def test_a_batch_that_grew_with_the_devices() -> None:
    sweep = simulate({"cnn": Truth()})
    on_devices(sweep, efficiency=0.9, hardware={"devices": 2}, training={"batch_size": 128})
    assert {batch for _, batch, _ in found(sweep)} == {SHARE}


def test_devices_that_share_the_threads_of_a_machine() -> None:
    sweep = simulate({"cnn": Truth()})
    on_devices(sweep, efficiency=0.9, hardware={"devices": 2, "num_threads": 2})
    assert set(found(sweep)) == {("torch", WHOLE, 2), ("tf", WHOLE, 2)}


@pytest.mark.parametrize(
    "changed",
    [
        {"hardware": {"devices": 2}, "training": {"batch_size": 96}},
        {"hardware": {"devices": 2}, "optimizer": {"learning_rate": 0.1}},
        {"hardware": {"devices": 2, "name": "gpu"}},
    ],
)
def test_another_training_is_no_base(changed: dict[str, Any]) -> None:
    sweep = simulate({"cnn": Truth()})
    on_devices(sweep, efficiency=0.9, **changed)
    assert sweep.evidence().scalings == []


def test_few_seeds_have_no_interval_and_a_lost_one_no_efficiency() -> None:
    sweep = simulate({"cnn": Truth()}, num_seeds=MIN_PAIRS)
    on_devices(sweep, efficiency=0.8, hardware={"devices": 2})
    sweep.fail("torch", "cnn", 1, message="out of memory")
    scalings = found(sweep)
    torch, tf = scalings["torch", WHOLE, 2], scalings["tf", WHOLE, 2]
    assert (len(torch.efficiencies), torch.interval) == (MIN_PAIRS - 1, None)
    assert torch.estimate == pytest.approx(0.8 * 0.9**0.5)
    assert tf.interval is not None


def section(evidence: Evidence) -> list[str]:
    page = render_markdown(evidence)
    _, _, rest = page.partition("## How well does training scale?")
    lines = rest.partition("\n## ")[0].splitlines()
    return [line for line in lines if line.startswith("| devices")]


def test_the_page_tells_it_and_declares_what_several_devices_change() -> None:
    sweep = simulate({"cnn": Truth()})
    alone = render_markdown(sweep.evidence())
    on_devices(sweep, efficiency=0.8, hardware={"devices": 2})
    page = render_markdown(sweep.evidence())
    rows = section(sweep.evidence())
    assert [row.split(" | ")[1:6] for row in rows] == [
        ["PyTorch", "2", "in total", "5", "0.806"],
        ["TensorFlow", "2", "in total", "5", "0.806"],
    ]
    for words in ("How well does training scale?", "batch statistics: per replica"):
        assert words in page
        assert words not in alone
    assert "- multiple devices or machines" in alone
    assert "- multiple devices or machines" not in page
