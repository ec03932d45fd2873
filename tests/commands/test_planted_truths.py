"""Sweeps whose truth is known, as a store holds them: the first sentence of `fwexp report`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fwexp.cli import dispatch
from fwexp.meters.load import Load
from tests.evidence.factory import Sweep, Truth, simulate
from tests.writeup.stored import save

MAX_WORDS = 40
SCOPE = " (measured on CPU, Example CPU 3.0 GHz, 4 cores; {} per framework{})."
ALIKE = Truth(time_ratio=1.0, tf_build_s=0.1)
BUSY = Load(num_cores=4, foreign_cores=3.0)


def mlp(truth: Truth, *, num_seeds: int = 8) -> Sweep:
    return simulate({"mlp": truth}, num_seeds=num_seeds)


def diverged(truth: Truth, num: int, *, num_seeds: int) -> Sweep:
    """TensorFlow's first runs diverge."""
    sweep = mlp(truth, num_seeds=num_seeds)
    sweep.diverge("tf", "mlp", num=num)
    return sweep


def gone(truth: Truth) -> Sweep:
    """TensorFlow's runs have left no record."""
    sweep = mlp(truth)
    for seed in range(8):
        del sweep.records[f"tf-mlp-{seed}"]
    return sweep


def slow(load: Load | None) -> Sweep:
    """The steps of one run take three times as long as the others'."""
    sweep = mlp(Truth(), num_seeds=5)
    record = sweep.records["tf-mlp-2"]
    assert record.phases is not None
    assert record.samples_per_s is not None
    total_s = record.phases.total_s + 2 * record.phases.steady_s
    phases = replace(record.phases, steady_s=3 * record.phases.steady_s, total_s=total_s)
    sweep.bend("tf-mlp-2", phases=phases, samples_per_s=record.samples_per_s / 3, load=load)
    return sweep


def twelve(*ratios: float) -> Sweep:
    truths = {f"m{i}": replace(ALIKE, time_ratio=ratios[i % len(ratios)]) for i in range(12)}
    return simulate(truths, num_seeds=8)


EITHER = (
    "Either framework will do for mlp on digits: the accuracy is the same within the margin, and "
    "so is the time"
)
TRUTHS: dict[str, tuple[Callable[[], Sweep], str, str, str]] = {
    "no gap": (lambda: mlp(ALIKE), EITHER, "8 seeds", ""),
    "a gap of 7 %": (lambda: mlp(replace(ALIKE, time_ratio=1.07)), EITHER, "8 seeds", ""),
    "half the margin": (
        lambda: mlp(replace(ALIKE, time_ratio=1.05, accuracy_gap=1.0)),
        *(EITHER, "8 seeds", ""),
    ),
    "a score's gap at the margin": (
        lambda: mlp(Truth(accuracy_gap=2.0), num_seeds=5),
        "Not settled yet for mlp on digits: TensorFlow takes 1.38× PyTorch's time, but the "
        "accuracy is inconclusive: at the margin, no number of seeds decides",
        *("5 seeds", ""),
    ),
    "a noisy score": (
        lambda: mlp(Truth(accuracy_gap=1.0, accuracy_sd=6.0), num_seeds=5),
        "Not settled yet for mlp on digits: TensorFlow takes 1.38× PyTorch's time, but the "
        "accuracy is inconclusive: too noisy, about 33 to 71 seeds decide",
        *("5 seeds", ""),
    ),
    "2 of 5 diverged, of the faster one": (
        lambda: diverged(Truth(time_ratio=0.7), 2, num_seeds=5),
        "Not settled yet for mlp on digits: 2 of 5 TensorFlow runs diverged, 0 of 5 PyTorch runs; "
        "about 12 runs each would tell",
        *("5 seeds", ""),
    ),
    "2 of 5 diverged, of the slower one": (
        lambda: diverged(Truth(), 2, num_seeds=5),
        "Choose PyTorch for mlp on digits: TensorFlow takes 1.37× PyTorch's time, at the same "
        "accuracy within the margin; 2 of 5 TensorFlow runs diverged",
        *("3 seeds", ""),
    ),
    "5 of 8 diverged, of the faster one": (
        lambda: diverged(Truth(time_ratio=0.5), 5, num_seeds=8),
        "Choose PyTorch for mlp on digits: 5 of 8 TensorFlow runs diverged, 0 of 8 PyTorch runs; "
        "of the others, PyTorch takes 2.02× TensorFlow's time",
        *("8 seeds", ""),
    ),
    "one arm failed": (
        lambda: diverged(Truth(), 8, num_seeds=8),
        "Choose PyTorch for mlp on digits: 8 of 8 TensorFlow runs diverged, 0 of 8 PyTorch runs",
        *("8 seeds", ""),
    ),
    "one arm gone": (
        lambda: gone(Truth()),
        "Not settled yet for mlp on digits: the accuracy is inconclusive: no TensorFlow run has a "
        "figure",
        *("8 seeds", ""),
    ),
    "a target that one never meets": (
        lambda: mlp(Truth(target=0.94, accuracy_gap=-1.5)),
        "Choose PyTorch for mlp on digits: PyTorch reached the target in 8 of 8 runs, TensorFlow "
        "in 0, at the same accuracy within the margin",
        *("8 seeds", ""),
    ),
    "a target that both meet now and then": (
        lambda: mlp(Truth(target=0.95)),
        "Not settled yet for mlp on digits: the accuracy is the same, the time inconclusive: "
        "PyTorch reached the target in 5 of 8 runs, TensorFlow in 3",
        *("8 seeds", ""),
    ),
    "dominated": (
        lambda: mlp(Truth(accuracy_gap=-4.0)),
        "Choose PyTorch for mlp on digits: PyTorch is 3.96 points better in accuracy, and "
        "TensorFlow takes 1.38× PyTorch's time",
        *("8 seeds", ""),
    ),
    "dominated, the score noisily": (
        lambda: mlp(Truth(accuracy_gap=-6.0, accuracy_sd=9.0), num_seeds=5),
        "Choose PyTorch for mlp on digits: TensorFlow takes 1.38× PyTorch's time in "
        "trainings of 1 hour, and PyTorch's accuracy is no worse",
        *("5 seeds", ""),
    ),
    "a trade-off": (
        lambda: mlp(Truth(accuracy_gap=3.0, time_ratio=8.5)),
        "A trade-off for mlp on digits: TensorFlow is 3.04 points better in accuracy, but takes "
        "8.37× PyTorch's time",
        *("8 seeds", ""),
    ),
    "both at chance": (
        lambda: mlp(Truth(accuracy=12, accuracy_gap=4.0, quality_target=0.9)),
        "Not settled yet for mlp on digits: no run of either framework reached the quality target",
        *("8 seeds", ""),
    ),
    "one at chance": (
        lambda: mlp(Truth(accuracy_gap=-80, quality_target=0.9)),
        "Choose PyTorch for mlp on digits: 8 of 8 TensorFlow runs missed the quality target, 0 of "
        "8 PyTorch runs",
        *("8 seeds", ""),
    ),
    "a slow run, known to be disturbed": (
        lambda: slow(BUSY),
        "Choose PyTorch for mlp on digits: TensorFlow takes 1.37× PyTorch's time in "
        "trainings of 1 hour, at the same accuracy within the margin",
        *("4 to 5 seeds", ""),
    ),
    "a slow run, of whose machine nothing is known": (
        lambda: slow(None),
        "Not settled yet for mlp on digits: the accuracy is the same, the time inconclusive: too "
        "noisy, about 8 to 13 seeds decide",
        *("5 seeds", ", 1 run looks disturbed"),
    ),
    "twelve workloads alike": (
        lambda: twelve(1.0),
        "Either framework will do for 12 models on digits: the accuracy is the same within the "
        "margin, and so is the time",
        *("8 seeds", ""),
    ),
    "twelve workloads of one winner": (
        lambda: twelve(1.6, 2.0),
        "Choose PyTorch for 12 models on digits: TensorFlow takes 1.57 to 2.01× PyTorch's time "
        "in trainings of 1 hour, at the same accuracy within the margin",
        *("8 seeds", ""),
    ),
    "twelve workloads of all kinds": (
        lambda: twelve(0.5, 1.0, 1.6),
        "It depends on the workload (12 models on digits): choose PyTorch for 4 workloads; choose "
        "TensorFlow for 4 workloads; choose either framework for 4 workloads",
        *("8 seeds", ""),
    ),
}


@pytest.mark.parametrize("name", TRUTHS)
def test_the_first_sentence_is_right_and_short(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, recommendation, effort, more = TRUTHS[name]
    save(make(), tmp_path)
    assert dispatch(["report", "demo", "--store", str(tmp_path)]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == recommendation + SCOPE.format(effort, more)
    assert len(first.split()) <= MAX_WORDS
    page = (tmp_path / "sweeps" / "demo" / "page.md").read_text()
    assert page.startswith(f"# {first}")
