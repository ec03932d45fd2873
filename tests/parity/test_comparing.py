"""What a stage says of its differences."""

from math import inf, nan

import numpy as np
import pytest

from fwexp.parity.comparing import relative, worst


@pytest.mark.parametrize("wrong", [nan, inf, 2.0])
def test_what_is_no_number_passes_no_stage(wrong: float) -> None:
    stage = worst("gradients", {"a": 0.0, "b": wrong}, 1e-10)
    assert not stage.passed
    assert stage.where == "b"
    assert stage.difference == (2.0 if wrong == 2.0 else inf)


def test_of_what_passes_the_largest_is_told() -> None:
    stage = worst("gradients", {"a": 1e-12, "b": 3e-12, "c": 2e-12}, 1e-10)
    assert (stage.passed, stage.where, stage.difference) == (True, "b", 3e-12)


def test_a_norm_that_is_no_number_is_infinite() -> None:
    assert relative(np.ones(2), np.array([1.0, nan])) == inf
