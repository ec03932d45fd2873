"""A new price is one file of values: a made-up one for a machine of this name."""

from dataclasses import replace
from pathlib import Path

import pytest

from fwexp.config.load import compose
from fwexp.evidence.cost import cost_usd
from tests.evidence.factory import Truth, simulate

PRICE = """\
# A made-up A100 with its host
name: example_a100
machine_class: 'NVIDIA A100[^;]* × 1; host .+'
price_usd_per_hour: 36.0
source: an example price list
date: "2026-11-01"
region: unspecified
terms: spot
includes_host: true
"""


def test_it_prices_its_machine_class_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "pricing").mkdir()
    (tmp_path / "pricing" / "example_a100.yaml").write_text(PRICE)
    pricing = compose(["pricing=example_a100"], config_dirs=[str(tmp_path)]).pricing
    record = simulate({"mlp": Truth()}).records["torch-mlp-0"]
    assert record.phases is not None
    a100, h100 = (
        replace(record, machine_class=f"NVIDIA {name} × 1; host Example CPU, 16 cores")
        for name in ("A100-SXM4-80GB", "H100 PCIe")
    )
    assert cost_usd(a100, pricing) == pytest.approx(record.phases.total_s / 100)
    assert cost_usd(h100, pricing) is None
    assert cost_usd(record, pricing) is None
