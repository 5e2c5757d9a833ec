"""Cron expressions: five fields, and the next moment that they name in a time zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final, Self
from zoneinfo import ZoneInfo

LONGEST_DAYS: Final = 8 * 366
"""The longest wait for any date there is: a 29 February across a year that is no leap year, as 2096 to 2104."""

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS: Final = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of the week", 0, 7, WEEKDAYS),
)


@dataclass(frozen=True)
class Cron:
    """When something happens. As cron has it, a day counts by month or by week where both of them are restricted."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    matches_either_day: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError with what is wrong."""
        parts = text.split()
        if len(parts) != len(FIELDS):
            raise ValueError("A cron expression has five fields: minute, hour, day, month and day of the week.")
        sets = [
            frozenset(_values(part, name, low, high, names))
            for part, (name, low, high, names) in zip(parts, FIELDS, strict=True)
        ]
        minutes, hours, days, months, weekdays = sets
        either = not parts[2].startswith("*") and not parts[4].startswith("*")
        cron = cls(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either)
        if not cron._comes():
            raise ValueError("No day is ever like this.")
        return cron

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The next moment after the given one, in UTC.

        A time that the clocks skip comes as much later as they are put forward; one that they repeat comes once.
        """
        first = moment.astimezone(zone).date()
        for number in range(LONGEST_DAYS + 1):
            day = first + timedelta(days=number)
            if self._has(day):
                for clock in self._times:
                    candidate = datetime.combine(day, clock, zone).astimezone(UTC)
                    if candidate > moment:
                        return candidate
        raise AssertionError("parse refuses what never comes")

    @cached_property
    def _times(self) -> list[time]:
        return [time(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes)]

    def _has(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_month, by_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (by_month or by_week) if self.matches_either_day else (by_month and by_week)

    def _comes(self) -> bool:
        start = date(2000, 1, 1)
        return any(self._has(start + timedelta(days=number)) for number in range(LONGEST_DAYS))


def _values(part: str, name: str, low: int, high: int, names: tuple[str, ...]) -> Iterator[int]:
    for piece in part.split(","):
        span, slash, step_text = piece.partition("/")
        step = _number(step_text, name, 1, high, ()) if slash else 1
        if span == "*":
            first, last = low, high
        else:
            first_text, dash, last_text = span.partition("-")
            first = _number(first_text, name, low, high, names)
            last = _number(last_text, name, low, high, names) if dash else (high if slash else first)
        if first > last:
            raise ValueError(f"The {name} cannot be {piece!r}: it begins after its end.")
        yield from range(first, last + 1, step)


def _number(text: str, name: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text.lower() in names:
        return names.index(text.lower()) + (1 if names is MONTHS else 0)
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and low <= int(text) <= high):
        raise ValueError(f"The {name} cannot be {text!r}: it is from {low} to {high}.")
    return int(text)
