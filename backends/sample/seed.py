"""Choices, ids and times that look like any others and are the same every time."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

T = TypeVar("T")

NEWEST: Final = datetime(2025, 11, 14, 16, 20, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seed:
    """Choices that look random and are the same every time."""

    name: str
    number: int

    def below(self, limit: int, purpose: str) -> int:
        return int(fingerprint(f"{self.name} {self.number} {purpose}")[:8], 16) % limit

    def choose(self, options: Sequence[T], purpose: str) -> T:
        return options[self.below(len(options), purpose)]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        first = self.below(len(options), "some")
        return [options[(first + step * 5) % len(options)] for step in range(min(count, len(options)))]


def fingerprint(text: str) -> str:
    return hashlib.blake2s(text.encode(), digest_size=10).hexdigest()


def sample_id(prefix: str, name: str) -> str:
    return f"{prefix}_{fingerprint(f'{prefix} {name}')}"


def moment(days: float = 0, minutes: float = 0) -> datetime:
    """So long before the newest of the sample data."""
    return NEWEST - timedelta(days=days, minutes=minutes)
