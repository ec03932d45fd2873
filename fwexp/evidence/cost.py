"""What a run costs: its wall time at the sweep's dated price, or why that is not known."""

from typing import Any

from fwexp.store.record import RunRecord

SECONDS_PER_HOUR = 3600


def why_unpriced(pricing: dict[str, Any], *, hardware: str) -> str:
    """Why the price does not hold for this hardware; empty where it does."""
    price = pricing.get("price_usd_per_hour")
    if price is None or pricing.get("hardware") is None:
        return "the sweep declared no price"
    if pricing["hardware"] != hardware:
        return f"the price {pricing['name']} is for {pricing['hardware']}, the runs used {hardware}"
    return ""


def cost_usd(record: RunRecord, pricing: dict[str, Any]) -> float | None:
    """The run's total time at the price, on each of its nodes, in US dollars; None where the price
    does not hold."""
    if record.phases is None or why_unpriced(pricing, hardware=record.config["hardware"]["name"]):
        return None
    num_nodes = record.config["hardware"].get("nodes", 1)  # older runs: one
    hours = num_nodes * record.phases.total_s / SECONDS_PER_HOUR
    return float(hours * pricing["price_usd_per_hour"])


def tell_price(pricing: dict[str, Any]) -> str:
    """The price with everything it depends on, in one line."""
    if pricing.get("price_usd_per_hour") is None:
        return "no price declared"
    host = "host included" if pricing["includes_host"] else "host not included"
    terms = str(pricing["terms"]).replace("_", " ")
    return (
        f"US$ {pricing['price_usd_per_hour']:.2f} per hour ({pricing['source']}, "
        f"{pricing['date']}, region {pricing['region']}, {terms}, {host})"
    )
