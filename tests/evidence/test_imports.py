"""The spread of an import, which all runs share, is in the intervals."""

import numpy as np
import pytest

from fwexp.evidence.imports import import_samples, mean_imports, shared_errors
from fwexp.evidence.statistics import mean_interval
from tests.evidence.factory import Truth, simulate


def test_each_import_counts_once() -> None:
    """Ten runs of a framework, forked from one server, know of one import and two others."""
    evidence = simulate({"mlp": Truth(), "cnn": Truth()}).evidence()
    samples = import_samples(evidence.workloads)
    assert {name: len(sample) for name, sample in samples.items()} == {"torch": 3, "tf": 3}
    assert mean_imports(samples)["tf"] == pytest.approx(9.3, rel=0.05)


def test_without_a_record_there_is_none() -> None:
    sweep = simulate({"mlp": Truth()})
    sweep.records = {}
    samples = import_samples(sweep.evidence().workloads)
    assert samples == {"torch": [], "tf": []}
    assert mean_imports(samples) == {}
    assert shared_errors(samples, torch_s=1.0, tf_s=1.0) == []


def test_an_import_is_a_share_of_the_time_it_is_in() -> None:
    imports = {"torch": [3.0, 4.0, 5.0], "tf": [9.0]}
    (error,) = shared_errors(imports, torch_s=10.0, tf_s=20.0)
    assert error.error == pytest.approx(1.0 / 3**0.5 / 10.0)
    assert error.df == 2


@pytest.mark.parametrize(("num_blocks", "share"), [(5, 1.0), (5, 0.5), (20, 0.9), (20, 0.2)])
def test_the_interval_covers_the_truth_however_much_of_the_time_is_import(
    num_blocks: int, share: float
) -> None:
    """Three imports of 5 % spread, runs of 2 %: 95 % intervals that hold the true ratio of 1."""
    rng = np.random.default_rng(20261121)
    covered = 0
    for _ in range(1000):
        imports = {name: list(share * np.exp(rng.normal(0, 0.05, 3))) for name in ("torch", "tf")}
        rest = (1 - share) * np.exp(rng.normal(0, 0.02, (2, num_blocks)))
        torch, tf = rest[0] + np.mean(imports["torch"]), rest[1] + np.mean(imports["tf"])
        shared = shared_errors(imports, torch_s=torch.mean(), tf_s=tf.mean())
        found = mean_interval(list(np.log(tf / torch)), confidence=0.95, shared=shared)
        covered += found.low <= 0 <= found.high
    assert 0.93 <= covered / 1000 <= 0.99
