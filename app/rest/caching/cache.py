"""What the response cache asks of the place where answers are kept."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from app.rest.caching.kept import Kept


class Place(NamedTuple):
    """What was read, and with whose authorization."""

    service: str
    target: str
    authorization: str | None


class Found(NamedTuple):
    """What is kept in a place. `is_valid` is false once a change was marked that it may not know of.

    `mark` is what an answer to a call that is sent now is kept with; None says that it must not be kept.
    """

    kept: Kept | None
    is_valid: bool
    mark: int | None


class ResponseCache(Protocol):
    """Keeps answers, those that are for all callers and those that are for one. Knows nothing of freshness.

    `clock` gives seconds since the epoch.
    """

    clock: Callable[[], float]

    async def find(self, place: Place) -> Found:
        """What is kept for this caller or for all."""
        ...

    def keep(self, place: Place, kept: Kept) -> None:
        """Keep an answer in place of what was there."""
        ...

    def drop(self, place: Place) -> None:
        """Forget what is kept in a place."""
        ...

    def mark(self, service: str, authorization: str | None = None) -> None:
        """A service has changed: nothing that was asked of it before is valid without validation.

        With `authorization`, this caller has changed it: nor is what this caller may have read of any service, as a
        change in one may have led to others.
        """
        ...

    async def settle(self) -> None:
        """Wait until what was marked counts for every process."""
        ...

    @property
    def size(self) -> int:
        """Bytes in the memory of this process."""
        ...

    async def aclose(self) -> None:
        """Let go of what the cache holds."""
        ...
