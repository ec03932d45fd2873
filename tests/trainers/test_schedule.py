"""The sample order, the learning rates and the evaluation steps, before a run starts."""

from dataclasses import replace

import numpy as np
import pytest

from fwexp.config.schema import Config, Data, Optimizer, Schedule, Training
from fwexp.trainers.schedule import learning_rates, sample_order

TRAINING = Training(name="t", batch_size=10, num_epochs=3, evaluate_every_epochs=1)


def of(**training: float | None) -> Config:
    """Of 45 samples, four batches of ten."""
    return Config(training=replace(TRAINING, **training), data=Data(num_train=45))


def rates(name: str, *, steps: int, warmup: float = 0.0, peak: float = 0.5) -> np.ndarray:
    schedule = Schedule(name=name, warmup_fraction=warmup)
    optimizer = Optimizer(name="sgd", learning_rate=peak, schedule=schedule)
    return learning_rates(Config(optimizer=optimizer), steps)


def test_the_last_samples_that_fill_no_batch_are_dropped():
    assert of().steps_per_epoch == 4
    assert of().num_steps == 12
    assert of(num_epochs=0.5).num_steps == 2
    assert of(num_epochs=0.01).num_steps == 1
    assert of(num_epochs=None, num_steps=7).num_steps == 7


def test_every_epoch_is_a_permutation():
    order = sample_order(num_train=45, batch_size=10, num_steps=12, seed=0)
    assert (order.shape, order.dtype) == ((12, 10), np.int64)
    epochs = [order[k : k + 4].ravel() for k in (0, 4, 8)]
    for epoch in epochs:
        assert len(set(epoch.tolist())) == 40  # of the 45: the last five are dropped
        assert set(epoch.tolist()) <= set(range(45))
    assert len({tuple(epoch) for epoch in epochs}) == 3
    dropped = [frozenset(range(45)) - set(epoch.tolist()) for epoch in epochs]
    assert len(set(dropped)) > 1  # not always the same ones


def test_the_order_is_the_seeds():
    first, again, other = (
        sample_order(num_train=45, batch_size=10, num_steps=4, seed=s) for s in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_longer_run_begins_as_a_shorter_one():
    short, long = (sample_order(num_train=45, batch_size=10, num_steps=n, seed=0) for n in (6, 11))
    assert np.array_equal(short, long[:6])


def test_a_constant_rate():
    assert rates("constant", steps=4).tolist() == [0.5] * 4


def test_the_warm_up_rises_to_the_peak():
    # 0.4 of 10 steps are 4: a fifth, two fifths, … and the peak at the step after them
    found = rates("constant", steps=10, warmup=0.4)
    assert found[:5].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert found[5:].tolist() == [0.5] * 5


def test_the_cosine_falls_towards_zero():
    found = rates("cosine", steps=8)
    assert found.tolist() == pytest.approx(
        [0.25 * (1 + np.cos(np.pi * k / 8)) for k in range(8)]  # indexed by the step, from 0
    )
    assert found[0] == 0.5
    assert 0 < found[-1] < 0.02


def test_the_cosine_begins_where_the_warm_up_ends():
    found = rates("cosine", steps=100, warmup=0.2)
    assert found.argmax() == 20
    assert found[20] == 0.5
    assert (np.diff(found[:21]) > 0).all()
    assert (np.diff(found[20:]) < 0).all()


def test_evaluations():
    def steps(num_steps: int, **training: float) -> list[int]:
        return of(num_epochs=None, num_steps=num_steps, **training).evaluation_steps

    assert steps(12) == [0, 4, 8, 12]
    assert steps(12, evaluate_every_epochs=5) == [0, 12]
    assert steps(3, evaluate_every_epochs=0.01) == [0, 1, 2, 3]
    assert steps(13, evaluate_every_epochs=1.5) == [0, 6, 12, 13]
