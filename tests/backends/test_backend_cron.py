"""Cron expressions: which moments they name, and which are none."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from backends.publishing.cron import Cron

NEW_YORK = ZoneInfo("America/New_York")


def after(text: str, moment: str, zone: ZoneInfo = NEW_YORK) -> str:
    """The next moment as a clock in the zone shows it."""
    found = Cron.parse(text).after(datetime.fromisoformat(moment).astimezone(UTC), zone)
    assert found.tzinfo is UTC
    return found.astimezone(zone).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("text", "moment", "expected"),
    [
        ("0 14 * * *", "2025-01-15T10:00-05:00", "2025-01-15T14:00-05:00"),
        ("0 14 * * *", "2025-01-15T14:00-05:00", "2025-01-16T14:00-05:00"),
        ("*/20 9-10 * * *", "2025-01-15T09:25-05:00", "2025-01-15T09:40-05:00"),
        ("*/20 9-10 * * *", "2025-01-15T10:59-05:00", "2025-01-16T09:00-05:00"),
        ("5/25 0 * * *", "2025-01-15T00:05-05:00", "2025-01-15T00:30-05:00"),
        ("30 7 * * mon,fri", "2025-01-15T10:00-05:00", "2025-01-17T07:30-05:00"),
        ("30 7 * * 7", "2025-01-15T10:00-05:00", "2025-01-19T07:30-05:00"),
        ("0 0 29 2 *", "2025-01-15T10:00-05:00", "2028-02-29T00:00-05:00"),
        ("0 0 1 JAN-MAR *", "2025-03-02T10:00-05:00", "2026-01-01T00:00-05:00"),
        ("0 0 13 * 5", "2025-06-01T10:00-04:00", "2025-06-06T00:00-04:00"),
        ("0 0 */10 * 5", "2025-06-01T10:00-04:00", "2025-07-11T00:00-04:00"),
        ("30 2 * * *", "2025-03-09T00:00-05:00", "2025-03-09T03:30-04:00"),
        ("30 1 * * *", "2025-11-02T01:30-04:00", "2025-11-03T01:30-05:00"),
    ],
)
def test_the_next_moment_is_the_one_that_cron_would_choose(text: str, moment: str, expected: str) -> None:
    assert after(text, moment) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "A cron expression has five fields: minute, hour, day, month and day of the week."),
        ("* * * *", "A cron expression has five fields: minute, hour, day, month and day of the week."),
        ("60 * * * *", "The minute cannot be '60': it is from 0 to 59."),
        ("-1 * * * *", "The minute cannot be '': it is from 0 to 59."),
        ("0 24 * * *", "The hour cannot be '24': it is from 0 to 23."),
        ("0 0 0 * *", "The day of the month cannot be '0': it is from 1 to 31."),
        ("0 0 * 13 *", "The month cannot be '13': it is from 1 to 12."),
        ("0 0 * * someday", "The day of the week cannot be 'someday': it is from 0 to 7."),
        ("*/0 * * * *", "The minute cannot be '0': it is from 1 to 59."),
        ("30-10 * * * *", "The minute cannot be '30-10': it begins after its end."),
        ("0 0 30 2 *", "No day is ever like this."),
        ("٣ * * * *", "The minute cannot be '٣': it is from 0 to 59."),
    ],
)
def test_what_names_no_moment_is_refused_with_why(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Cron.parse(text)
