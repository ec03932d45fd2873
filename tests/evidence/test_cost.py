"""Costs hold only where the price does."""

import pytest

from fwexp.evidence.cost import cost_usd, tell_price, why_unpriced
from tests.evidence.factory import PRICING, Truth, simulate


def test_a_run_costs_its_total_time_at_the_price() -> None:
    record = simulate({"mlp": Truth()}).records["torch-mlp-0"]
    assert record.phases is not None
    assert cost_usd(record, PRICING) == pytest.approx(record.phases.total_s / 3600 * 0.20)


def test_a_price_for_other_hardware_gives_no_cost_but_a_reason() -> None:
    record = simulate({"mlp": Truth()}).records["torch-mlp-0"]
    pricing = PRICING | {"hardware": "gpu"}
    assert cost_usd(record, pricing) is None
    expected = "the price example_cpu is for gpu, the runs used cpu"
    assert why_unpriced(pricing, hardware="cpu") == expected


def test_no_price_is_said() -> None:
    assert why_unpriced({}, hardware="cpu") == "the sweep declared no price"
    assert tell_price({}) == "no price declared"


def test_a_price_is_told_with_all_it_depends_on() -> None:
    assert tell_price(PRICING) == (
        "US$ 0.20 per hour (an example price list, 2026-11-09, region unspecified, on demand, "
        "host included)"
    )
