"""The kinds of number and date that lie in a store: msgspec checks their ranges on reading."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

HUGE = 1e15
Number = Annotated[float, Meta(ge=-HUGE, le=HUGE)]  # not NaN, nor infinite
Amount = Annotated[float, Meta(ge=0, le=HUGE)]  # seconds, MiB, rates
Count = Annotated[int, Meta(ge=0, le=10**12)]
Some = Annotated[int, Meta(ge=1, le=10**12)]  # a count that cannot be none
Difference = Annotated[float, Meta(ge=0)]  # which may be infinite, as of shapes that differ


def check_moment(text: str) -> datetime:
    """The moment that a text of ISO 8601 names; ValueError unless it has its time zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    if not 2000 <= moment.year <= 2200:
        raise ValueError(f"{text} is not of this age")
    return moment
