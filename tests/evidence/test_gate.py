"""Without a passed certificate nothing is compared."""

import math
from dataclasses import replace

from fwexp.evidence.aggregate import Workload, aggregate
from fwexp.evidence.gate import why_void
from tests.evidence.factory import Truth, certificate, simulate


def workload() -> Workload:
    sweep = simulate({"mlp": Truth()})
    return aggregate(sweep.manifest, sweep.records)[0]


def test_a_passed_certificate_opens_the_gate() -> None:
    assert why_void(workload(), [certificate("cnn"), certificate("mlp")]) == ""


def test_no_certificate_is_void() -> None:
    expected = "no parity certificate: the two implementations are not shown to be the same"
    assert why_void(workload(), [certificate("cnn")]) == expected


def test_a_failed_certificate_names_stage_block_and_amount() -> None:
    assert why_void(workload(), [certificate("mlp", passed=False)]) == (
        "parity certificate failed: forward differs at block2.norm by 3.1e-04 "
        "(tolerance 1e-10): BatchNorm epsilon"
    )


def test_of_several_failed_stages_the_first_is_named() -> None:
    failed = certificate("mlp", passed=False)
    later = replace(failed.stages[-1], name="gradients", where="head.kernel")
    failed.stages.append(later)
    assert why_void(workload(), [failed]) == (
        "parity certificate failed: forward differs at block2.norm by 3.1e-04 "
        "(tolerance 1e-10): BatchNorm epsilon"
    )


def test_a_difference_without_a_size_is_told_without_one() -> None:
    failed = certificate("mlp", passed=False)
    failed.stages[-1] = replace(failed.stages[-1], difference=math.inf, tolerance=0.0)
    assert why_void(workload(), [failed]) == (
        "parity certificate failed: forward, block2.norm: BatchNorm epsilon"
    )


def test_one_framework_alone_needs_no_certificate() -> None:
    both = workload()
    torch = replace(both, runs=[run for run in both.runs if run.framework == "torch"])
    assert why_void(torch, []) == ""


def test_a_certificate_of_another_size_does_not_stand_for_this_one() -> None:
    other_size = replace(certificate("mlp"), num_parameters=1)
    assert why_void(workload(), [other_size]).startswith("no parity certificate")


def test_another_sizes_failure_does_not_void_this_one() -> None:
    failed = replace(certificate("mlp", passed=False), num_parameters=1)
    assert why_void(workload(), [failed, certificate("mlp")]) == ""


def test_a_failure_before_counting_still_voids() -> None:
    failed = replace(certificate("mlp", passed=False), num_parameters=0)
    assert why_void(workload(), [failed]).startswith("parity certificate failed: forward")
