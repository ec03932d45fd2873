"""What the specs of ncf and lstm say, and what they refuse."""

import math

import pytest

from fwexp.config.load import compose
from fwexp.models.lstm.spec import Spec as LstmSpec
from fwexp.models.ncf.spec import Spec as NcfSpec
from fwexp.models.registry import load_spec

ML_20M = {"num_users": 138_493, "num_items": 26_744}


def num_trainable(spec) -> int:
    return sum(math.prod(v.shape) for v in spec.variables().values() if v.trainable)


def test_the_full_ncf_has_mlperfs_parameters():
    """31,832,577, of MLPerf Training's NCF on MovieLens 20M."""
    options = compose(["model=ncf_full"]).model.options
    assert num_trainable(NcfSpec(**ML_20M, **options)) == 31_832_577


def test_the_small_ncf_is_the_same_in_a_small_size():
    config = compose(["model=ncf", "data=ml100k"])
    spec = load_spec(config.model, config.data)
    # (943 + 1,682) · (8 + 32), then 64·32 + 32, 32·16 + 16, 16·8 + 8 and (8 + 8) + 1
    assert num_trainable(spec) == 105_000 + 2080 + 528 + 136 + 17
    assert spec.blocks() == [
        *("factor_user", "factor_item", "tower_user", "tower_item", "product"),
        *("dense0", "relu0", "dense1", "relu1", "dense2", "relu2", "head"),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tower": "64-x"}, "tower=64-x: type sizes of at least 1, as in 64-32-16-8"),
        ({"tower": "64-0"}, "tower=64-0: type sizes of at least 1, as in 64-32-16-8"),
        ({"tower": ""}, "tower=: type sizes of at least 1, as in 64-32-16-8"),
        (
            {"tower": "63-8"},
            "tower=63-8: its first size, half the user's and half the item's, is even and others "
            "follow, as in 64-32-16-8",
        ),
        (
            {"tower": "64"},
            "tower=64: its first size, half the user's and half the item's, is even and others "
            "follow, as in 64-32-16-8",
        ),
        ({"num_factors": 0}, "num_factors must be at least 1"),
    ],
)
def test_an_ncf_of_no_size(options, message):
    with pytest.raises(ValueError, match=r".") as caught:
        NcfSpec(num_users=3, num_items=4, **options)
    assert str(caught.value) == message


def test_the_lstm_reads_half_days():
    config = compose(["model=lstm", "data=electricity"])
    spec = load_spec(config.model, config.data)
    assert spec.steps() == (28, 12)
    # 4·64·(12 + 64 + 1), then 4·64·(64 + 64 + 1), then 64·24 + 24: one bias a gate, not torch's two
    assert num_trainable(spec) == 19_712 + 33_024 + 1560


def test_steps_that_do_not_fit_the_past():
    with pytest.raises(ValueError, match=r"^values_per_step=5 does not divide 24 past values; 1 d"):
        LstmSpec(sequence_length=24, target_length=12, values_per_step=5)


@pytest.mark.parametrize("option", ["width", "depth", "values_per_step"])
def test_an_lstm_of_no_size(option):
    with pytest.raises(ValueError, match=r"^width, depth and values_per_step must be at least 1$"):
        LstmSpec(sequence_length=24, target_length=12, **{option: 0})
