"""A failure is an outcome of its framework, unless it came from outside."""

from dataclasses import replace

import pytest

from fwexp.evidence.aggregate import Workload, aggregate
from fwexp.evidence.choice import Choice, Winner
from fwexp.evidence.failures import Failures, count_failures, is_from_outside
from fwexp.store.record import Failure
from tests.evidence.factory import Sweep, Truth, simulate


def only(sweep: Sweep) -> Workload:
    (workload,) = aggregate(sweep.manifest, sweep.records, sweep.certificates)
    return workload


def counted(sweep: Sweep) -> Failures:
    found = count_failures(only(sweep))
    assert found is not None
    return found


def choice(sweep: Sweep) -> Choice:
    (found,) = sweep.evidence().decision.choices
    return found


@pytest.mark.parametrize(
    ("kind", "message", "outside"),
    [
        ("ArithmeticError", "the training loss is nan at step 7", False),
        ("RuntimeError", "out of memory", False),
        ("ResourceExhaustedError", "OOM when allocating", False),
        ("MemoryError", "", False),
        ("Crash", "its process was killed by SIGSEGV; see log.txt", False),
        ("RankFailed", "rank 1: its process was killed by SIGABRT; the others were ended", False),
        ("RankFailed", "rank 1: its process was killed by SIGKILL; the others were ended", True),
        ("RankFailed", "rank 1: RuntimeError: out of memory", False),
        ("RankFailed", "rank 1: OSError: No space left on device", True),
        ("OSError", "[Errno 28] No space left on device", True),
        ("PermissionError", "[Errno 13]", True),
        ("SourcesChanged", "fwexp/models/cnn/torch.py was edited", True),
        ("DataError", "digits is gone", True),
        ("DeviceError", "the framework did not do what was asked", True),
    ],
)
def test_what_came_from_outside_is_not_the_frameworks(
    kind: str, message: str, outside: bool
) -> None:
    assert is_from_outside(Failure(kind=kind, message=message, traceback="")) is outside


def test_every_kind_of_failure_is_counted_and_a_missing_run_is_not() -> None:
    sweep = simulate({"mlp": Truth(quality_target=0.5)}, num_seeds=8)
    sweep.diverge("tf", "mlp", num=2)
    sweep.fail("tf", "mlp", 2, message="out of memory")
    sweep.fail("tf", "mlp", 3, message="No space left on device", kind="OSError")
    del sweep.records["tf-mlp-4"]
    sweep.bend("tf-mlp-5", score=0.1)
    sweep.bend("tf-mlp-6", score=float("nan"))
    tf = counted(sweep).tf
    kinds = ["diverged", "diverged", "failed", "missed the quality target", "diverged"]
    assert (tf.kinds, tf.num_runs) == (kinds, 6)
    assert tf.tell() == "5 of 6 TensorFlow runs failed"


def test_a_framework_of_which_nothing_is_known_has_not_failed() -> None:
    sweep = simulate({"mlp": Truth()})
    for seed in range(5):
        del sweep.records[f"tf-mlp-{seed}"]
    assert count_failures(only(sweep)) is None


def test_who_is_shown_to_fail_more_often_loses_whatever_its_speed() -> None:
    sweep = simulate({"mlp": Truth(time_ratio=0.5)}, num_seeds=8)
    sweep.diverge("tf", "mlp", num=5)
    found = choice(sweep)
    assert (found.winner, found.ground) == (Winner.TORCH, "failures")
    assert found.because.startswith("5 of 8 TensorFlow runs diverged, 0 of 8 PyTorch runs; of the")


@pytest.mark.parametrize("ratio", [0.5, 1.0])
def test_who_may_fail_more_often_is_not_recommended(ratio: float) -> None:
    sweep = simulate({"mlp": Truth(time_ratio=ratio, tf_build_s=0.1)})
    sweep.diverge("tf", "mlp", num=2)
    found = choice(sweep)
    assert found.winner is Winner.UNDECIDED
    assert found.because == (
        "2 of 5 TensorFlow runs diverged, 0 of 5 PyTorch runs; about 12 runs each would tell"
    )


def test_the_other_is_recommended_and_the_failures_are_told() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.diverge("tf", "mlp", num=2)
    found = choice(sweep)
    assert found.winner is Winner.TORCH
    assert found.because.endswith("within the margin; 2 of 5 TensorFlow runs diverged")


def test_one_in_twenty_is_tolerated_and_told() -> None:
    sweep = simulate({"mlp": Truth(time_ratio=0.5)}, num_seeds=20)
    sweep.diverge("tf", "mlp", num=1)
    found = choice(sweep)
    assert found.winner is Winner.TF
    assert found.because.endswith("; 1 of 20 TensorFlow runs diverged")


def test_where_both_fail_too_often_neither_is_recommended() -> None:
    sweep = simulate({"mlp": Truth(time_ratio=0.5)}, num_seeds=8)
    for framework in ("torch", "tf"):
        sweep.diverge(framework, "mlp", num=3)
    found = choice(sweep)
    assert (found.winner, found.because) == (
        Winner.UNDECIDED,
        "3 of 8 PyTorch runs diverged, 3 of 8 TensorFlow runs diverged; too many to recommend one",
    )


def test_runs_stopped_from_outside_blame_nobody() -> None:
    sweep = simulate({"mlp": Truth(time_ratio=0.5)}, num_seeds=8)
    for seed in range(5):
        sweep.fail("tf", "mlp", seed, message="No space left on device", kind="OSError")
    assert choice(sweep).winner is Winner.TF


def test_rates_are_corrected_for_the_number_of_workloads() -> None:
    sweep = simulate({"mlp": Truth(time_ratio=0.5), "cnn": Truth(time_ratio=0.5)}, num_seeds=8)
    sweep.diverge("tf", "mlp", num=5)  # p = 0.026, and 0.025 would be needed
    winners = [found.winner for found in sweep.evidence().decision.choices]
    assert winners == [Winner.UNDECIDED, Winner.TF]


def test_a_score_that_is_no_number_never_shows_anything() -> None:
    sweep = simulate({"gpt": Truth(perplexity=20.0)})
    for seed in range(5):
        *before, last = sweep.records[f"tf-gpt-{seed}"].evaluations
        endless = replace(last, scores={**last.scores, "perplexity": float("inf")})
        sweep.bend(f"tf-gpt-{seed}", score=float("inf"), evaluations=[*before, endless])
    evidence = sweep.evidence()
    assert evidence.answer("score perplexity").findings[0].n == 0
    assert choice(sweep).because == "5 of 5 TensorFlow runs diverged, 0 of 5 PyTorch runs"
