"""Draws: decisions that depend on what they are about, not on when they are made.

Both executors ask the same resolvers in different orders, so a shared random sequence would give them different data.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A source of decisions about one thing, named by its parts."""

    def __init__(self, *about: object) -> None:
        self._about = about

    def about(self, *more: object) -> "Draw":
        """Decisions about a part of the thing."""
        return Draw(*self._about, *more)

    def __str__(self) -> str:
        return f"draw {self.number(1000)}"

    def number(self, below: int) -> int:
        digest = blake2b(repr(self._about).encode(), digest_size=8).digest()
        return int.from_bytes(digest) % below

    def chance(self, percent: float) -> bool:
        return self.about("chance").number(10_000) < percent * 100

    def choice(self, options: Sequence[T]) -> T:
        return options[self.about("choice").number(len(options))]
