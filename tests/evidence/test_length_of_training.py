"""Planted truths: the fixed part alone differs, the rate alone, both against each other, neither by
enough. Each gets the right verdict, crossover and words."""

from dataclasses import replace
from typing import Any

import pytest

from fwexp.evidence.assess import Evidence
from fwexp.evidence.verdicts import Verdict
from tests.evidence.factory import PRICING, Truth, certificate, simulate

ALIKE = Truth(time_ratio=1.0, tf_build_s=0.1, tf_import_s=3.8)
FIXED = Truth(time_ratio=1.0)  # 5.5 s of import and 0.3 s of building
RATE = replace(ALIKE, time_ratio=1.4)
CROSSING = Truth(time_ratio=0.7)
SCOPE = "(measured on CPU, Example CPU 3.0 GHz, 4 cores; 5 seeds per framework)."


def evidence(truth: Truth, **declared: Any) -> Evidence:
    sweep = simulate({"mlp": truth})
    sweep.manifest.comparison = replace(sweep.manifest.comparison, **declared)
    return sweep.evidence()


def headline(truth: Truth, **declared: Any) -> str:
    return evidence(truth, **declared).decision.headline


def told(truth: Truth) -> str:
    return evidence(truth).horizon.lengths[0].describe()


def test_a_fixed_part_decides_short_trainings_alone() -> None:
    assert headline(FIXED, horizon="as run") == (
        "Choose PyTorch for mlp on digits: TensorFlow takes 2.19× PyTorch's time as run, import "
        f"included, at the same accuracy within the margin {SCOPE}"
    )
    assert headline(FIXED) == (
        "Either framework will do for mlp on digits: the accuracy is the same within the margin, "
        f"and so is the time {SCOPE}"
    )
    assert told(FIXED) == (
        "PyTorch is faster up to about 16,000 steps; beyond, neither is shown to be"
    )


def test_a_rate_decides_long_trainings() -> None:
    assert headline(RATE) == (
        "Choose PyTorch for mlp on digits: TensorFlow takes 1.38× PyTorch's time in trainings of "
        f"1 hour, at the same accuracy within the margin {SCOPE}"
    )
    assert evidence(RATE, horizon="4s").answer("horizon").findings[0].verdict is not (
        Verdict.MATERIAL
    )
    assert told(RATE) == (
        "PyTorch is faster from about 220 steps on; below, neither is shown to be"
    )


def test_two_that_cross_have_a_winner_at_each_length() -> None:
    found = evidence(CROSSING)
    assert found.decision.headline == (
        "Choose TensorFlow for mlp on digits: PyTorch takes 1.45× TensorFlow's time in trainings "
        f"of 1 hour, at the same accuracy within the margin {SCOPE}"
    )
    assert headline(CROSSING, horizon="as run") == (
        "Choose PyTorch for mlp on digits: TensorFlow takes 2.13× PyTorch's time as run, import "
        f"included, at the same accuracy within the margin {SCOPE}"
    )
    clause = "PyTorch is faster below about 4,400 steps (about 23 s), TensorFlow above"
    assert told(CROSSING) == clause
    assert found.changes[-2] == (
        f"Training length, mlp: {clause} (these runs: 220 steps). Projected from the fixed part "
        "and the time per step, not measured."
    )


def test_the_crossing_is_where_the_truth_has_it() -> None:
    """5.8 s more to start, and 0.3 × (4 ms + an evaluation's 4.5 ms in 22 steps) less a step."""
    (found,) = evidence(replace(CROSSING, time_sd=0.001, import_sd=0.001)).horizon.lengths
    crossing, unsure = found.crossover(), found.undecided()
    assert crossing is not None
    assert crossing[0] == pytest.approx(5.8 / (0.3 * (0.004 + 0.05 / 11 / 22)), rel=0.03)
    assert unsure is None or unsure[0] / 1.2 < crossing[0] < unsure[1] * 1.2


def test_what_is_alike_is_faster_at_no_length() -> None:
    assert told(replace(ALIKE, import_sd=0.05)) == (
        "neither is shown to be faster, at one step or without end"
    )


def test_a_difference_below_the_floor_does_not_matter() -> None:
    short = Truth(time_ratio=1.4, tf_build_s=0.2, torch_import_s=1.0, tf_import_s=1.2)
    assert "TensorFlow takes 1.31×" in headline(short, horizon="as run")
    assert headline(short, horizon="as run", floor_s=1.0) == (
        "Either framework will do for mlp on digits: the accuracy is the same within the margin, "
        f"and the times are less than 1 s apart {SCOPE}"
    )
    found = evidence(short, horizon="as run", floor_s=1.0)
    assert found.answer("horizon").findings[0].verdict is Verdict.IMMATERIAL
    assert not [text for text in found.changes if text.startswith("Margin of “Time as run")]
    assert "TensorFlow takes 1.31×" in headline(short, horizon="as run", floor_s=0.3)
    assert "TensorFlow takes 1.38×" in headline(short, floor_s=1.0)  # of an hour


def test_a_target_is_reached_from_the_start_of_the_program_on() -> None:
    assert headline(replace(FIXED, target=0.9)) == (
        "Choose PyTorch for mlp on digits: TensorFlow takes 2.23× PyTorch's time to 90 % "
        f"accuracy, at the same accuracy within the margin {SCOPE}"
    )


@pytest.mark.parametrize("horizon", ["30min", "1h", "2d"])
def test_the_horizon_is_the_faster_frameworks_time(horizon: str) -> None:
    found = evidence(CROSSING, horizon=horizon).answer("horizon").findings[0]
    seconds = {"30min": 1800, "1h": 3600, "2d": 2 * 86400}[horizon]
    assert sum(found.tf) / len(found.tf) == pytest.approx(seconds)
    assert min(found.torch) > seconds


def test_a_horizon_shorter_than_the_start_is_one_step() -> None:
    (found,) = evidence(CROSSING, horizon="1s").horizon.lengths
    assert found.steps_at_horizon == 1


def test_as_run_is_what_was_measured_and_the_import() -> None:
    sweep = simulate({"mlp": CROSSING})
    sweep.manifest.comparison = replace(sweep.manifest.comparison, horizon="as run")
    found = sweep.evidence()
    answer = found.answer("horizon")
    assert answer.question.basis == "measured"
    phases = [sweep.records[f"tf-mlp-{seed}"].phases for seed in range(5)]
    imports = found.horizon.imports["tf"]
    assert len(imports) == 3
    assert answer.findings[0].tf == pytest.approx(
        [p.total_s + sum(imports) / 3 for p in phases if p]
    )


def test_the_ratio_at_a_length_is_the_findings() -> None:
    found = evidence(CROSSING)
    (lengths,) = found.horizon.lengths
    finding = found.answer("horizon").findings[0]
    place = lengths.at(lengths.steps_at_horizon)
    assert place.ratio == pytest.approx(finding.estimate)
    assert place.interval is not None
    assert finding.outer is not None
    assert place.interval.low == pytest.approx(finding.outer.low)


def test_the_spread_of_the_import_is_in_the_interval() -> None:
    widths = []
    for import_sd in (0.001, 0.2):
        (found,) = evidence(replace(FIXED, import_sd=import_sd)).horizon.lengths
        at_one = found.at(1).interval
        assert at_one is not None
        widths.append(at_one.high / at_one.low)
    assert widths[1] > widths[0] * 1.2


def test_two_pairs_say_nothing_of_lengths() -> None:
    sweep = simulate({"mlp": CROSSING}, num_seeds=2)
    (found,) = sweep.evidence().horizon.lengths
    assert found.describe() == "too few pairs of runs: 2, and 3 are needed"
    assert found.at(1).interval is None


def test_one_framework_alone_has_times_and_no_ratio() -> None:
    sweep = simulate({"mlp": CROSSING})
    sweep.keep_only("tf")
    found = sweep.evidence()
    assert found.horizon.lengths[0].tf == []
    assert sum(found.answer("horizon").findings[0].tf) / 5 == pytest.approx(3600)


def test_a_void_workload_has_no_lengths() -> None:
    sweep = simulate({"mlp": CROSSING})
    sweep.certificates["key-mlp"] = certificate("mlp", passed=False)
    assert sweep.evidence().horizon.lengths == []


def test_a_cost_is_of_the_horizon_and_has_a_floor() -> None:
    found = evidence(RATE, floor_usd=0.1)  # an hour costs 0.20, 1.4 hours 0.28
    (cost,) = found.answer("cost").findings
    assert sum(cost.torch) / 5 == pytest.approx(1000 * PRICING.price_usd_per_hour)
    assert cost.verdict is Verdict.IMMATERIAL
    assert cost.reason.endswith("US$ apart, below the floor of 100 US$")


def test_memory_and_points_have_floors() -> None:
    found = evidence(replace(RATE, accuracy_gap=4.0), floor_mib=400.0, floor_points=6.0)
    memory, score = (found.answer(key).findings[0] for key in ("memory", "score accuracy"))
    assert (memory.verdict, score.verdict) == (Verdict.IMMATERIAL, Verdict.IMMATERIAL)
    assert memory.reason == "310 MiB apart, below the floor of 400 MiB"
