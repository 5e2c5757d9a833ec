"""Moments and time zones as they are given in bodies and queries."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field

from backends.document import rfc3339
from backends.selection import Condition, Filter


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(name: str) -> str:
    if name not in zone_names():
        raise ValueError(f"There is no time zone {name!r}; zones are named like America/New_York.")
    return name


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(known_zone)]


def in_zone(moment: datetime, zone: str) -> datetime:
    """The moment in UTC; one without an offset is what a clock in that zone shows."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def not_before(column: str) -> Filter:
    return lambda text: Condition(f"{column} >= ?", (moment_text(text),))


def before(column: str) -> Filter:
    return lambda text: Condition(f"{column} < ?", (moment_text(text),))


def moment_text(text: str) -> str:
    """A moment as documents have it; a query may write its plus sign as a space. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise ValueError(f"{text} is not a moment; one is written like 2025-01-16T14:00:00Z.") from None
    return rfc3339(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
