"""Without a passed certificate nothing is compared."""

import math
from dataclasses import replace

from fwexp.evidence.aggregate import Workload, aggregate
from fwexp.evidence.gate import why_void
from fwexp.evidence.verdicts import Verdict
from fwexp.store.certificate import Certificate
from tests.evidence.factory import Truth, certificate, simulate


def workload(*certificates: Certificate) -> Workload:
    """An mlp, with those certificates in the store."""
    sweep = simulate({"mlp": Truth()})
    found = {certificate.key: certificate for certificate in certificates}
    return aggregate(sweep.manifest, sweep.records, found)[0]


def test_a_passed_certificate_opens_the_gate() -> None:
    assert why_void(workload(certificate("cnn"), certificate("mlp"))) == ""


def test_no_certificate_is_void() -> None:
    expected = "no parity certificate: the two implementations have not been shown to match"
    assert why_void(workload(certificate("cnn"))) == expected


def test_a_failed_certificate_names_stage_block_and_amount() -> None:
    assert why_void(workload(certificate("mlp", passed=False))) == (
        "parity certificate failed: forward differs at block2.norm by 3.1e-04 "
        "(tolerance 1e-10): BatchNorm epsilon"
    )


def test_of_several_failed_stages_the_first_is_named() -> None:
    failed = certificate("mlp", passed=False)
    later = replace(failed.stages[-1], name="gradients", where="head.kernel")
    failed.stages.append(later)
    assert why_void(workload(failed)) == (
        "parity certificate failed: forward differs at block2.norm by 3.1e-04 "
        "(tolerance 1e-10): BatchNorm epsilon"
    )


def test_a_difference_without_a_size_is_told_without_one() -> None:
    failed = certificate("mlp", passed=False)
    failed.stages[-1] = replace(failed.stages[-1], difference=math.inf, tolerance=0.0)
    assert why_void(workload(failed)) == (
        "parity certificate failed: forward, block2.norm: BatchNorm epsilon"
    )


def test_one_framework_alone_needs_no_certificate() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.keep_only("torch")
    (alone,) = aggregate(sweep.manifest, sweep.records, {})
    assert why_void(alone) == ""


def test_a_certificate_of_another_key_does_not_stand_for_this_one() -> None:
    """Whatever its model, its optimizer and its number of parameters are."""
    other = replace(certificate("mlp"), key="another")
    assert why_void(workload(other)).startswith("no parity certificate")


def test_a_failure_under_another_key_does_not_void_this_one() -> None:
    failed = replace(certificate("mlp", passed=False), key="another")
    assert why_void(workload(failed, certificate("mlp"))) == ""


def test_a_failure_before_counting_still_voids() -> None:
    failed = replace(certificate("mlp", passed=False), num_parameters=0)
    assert why_void(workload(failed)).startswith("parity certificate failed: forward")


def test_of_two_learning_rates_the_one_whose_certificate_failed_is_void_alone() -> None:
    """The certificates differ in nothing but their keys: the keys hold the whole optimizer."""
    sweep = simulate({"mlp": Truth()}, num_seeds=6)
    sweep.split("mlp", lambda c: replace(c, optimizer=replace(c.optimizer, learning_rate=0.01)))
    failed = replace(certificate("mlp", passed=False), key="key-mlp-2")
    sweep.certificates["key-mlp-2"] = failed
    evidence = sweep.evidence()
    assert [w.label for w in evidence.workloads] == ["learning_rate=0.001", "learning_rate=0.01"]
    assert list(evidence.void) == ["learning_rate=0.01"]
    for answer in evidence.answers:
        healthy, void = answer.findings
        assert (healthy.n, void.n, void.verdict) == (3, 0, Verdict.VOID)
    assert [c.passed for c in evidence.certificates] == [True, False]
