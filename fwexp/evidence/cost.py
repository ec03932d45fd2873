"""What a run costs: its wall time at the sweep's dated price, or why that is unknown."""

import re

from fwexp.config.schema import Pricing
from fwexp.store.record import RunRecord

SECONDS_PER_HOUR = 3600


def why_unpriced(pricing: Pricing, *, machine_class: str) -> str:
    """Why the price does not apply to this machine class; empty if it does."""
    if re.fullmatch(pricing.machine_class, machine_class):
        return ""
    return (
        f"the price {pricing.name} is for machines matching {pricing.machine_class!r}, but the "
        f"runs used {machine_class!r}; choose another pricing=… or add your own"
    )


def cost_usd(record: RunRecord, pricing: Pricing, *, seconds: float | None = None) -> float | None:
    """That time (of the run: its total time) on all its nodes at the price, in US dollars; None
    where the price does not apply."""
    if record.phases is None or why_unpriced(pricing, machine_class=record.machine_class):
        return None
    whole_s = record.phases.total_s if seconds is None else seconds
    hours = record.config.hardware.nodes * whole_s / SECONDS_PER_HOUR
    return hours * pricing.price_usd_per_hour


def format_price(pricing: Pricing) -> str:
    """The price with everything it depends on, in one line."""
    host = "host included" if pricing.includes_host else "host not included"
    terms = pricing.terms.replace("_", " ")
    return (
        f"US$ {pricing.price_usd_per_hour:.2f} per hour ({pricing.source}, "
        f"{pricing.date}, region {pricing.region}, {terms}, {host})"
    )
