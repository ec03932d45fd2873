"""Costs apply only where the price does."""

from dataclasses import replace

import pytest

from fwexp.evidence.cost import cost_usd, format_price, why_unpriced
from tests.evidence.factory import MACHINE, PRICING, Truth, simulate


def test_a_run_costs_its_total_time_at_the_price() -> None:
    record = simulate({"mlp": Truth()}).records["torch-mlp-0"]
    assert record.phases is not None
    assert cost_usd(record, PRICING) == pytest.approx(record.phases.total_s / 3600 * 0.20)


def test_a_price_for_other_machines_gives_no_cost_but_a_reason() -> None:
    record = simulate({"mlp": Truth()}).records["torch-mlp-0"]
    pricing = replace(PRICING, machine_class="NVIDIA A100 .*")
    assert cost_usd(record, pricing) is None
    for machine in (MACHINE, "NVIDIA H100 × 1; host Example CPU, 16 cores"):
        assert why_unpriced(pricing, machine_class=machine) == (
            "the price example_cpu is for machines matching 'NVIDIA A100 .*', but the runs used "
            f"{machine!r}; choose another pricing=… or add your own"
        )


def test_a_price_is_for_the_whole_name_of_a_machine_class() -> None:
    pricing = replace(PRICING, machine_class="Example CPU")
    assert why_unpriced(pricing, machine_class="Example CPU") == ""
    assert why_unpriced(pricing, machine_class="Example CPU, 4 cores") != ""


def test_a_price_is_told_with_all_it_depends_on() -> None:
    assert format_price(PRICING) == (
        "US$ 0.20 per hour (an example price list, 2026-11-09, region unspecified, on demand, "
        "host included)"
    )
