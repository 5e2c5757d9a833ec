"""Sharing: identical queries of one caller that are in flight at the same time are executed once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class SharingStats:
    """How many operations were executed, and how many were answered by another's execution."""

    executed: int = 0
    shared: int = 0


class _Flight(Generic[T]):
    """An execution under way. Its future is made by the first who waits for it: most have nobody."""

    __slots__ = ("landing",)

    def __init__(self) -> None:
        self.landing: asyncio.Future[T | None] | None = None

    async def wait(self) -> T | None:
        """What came of it; None when whoever executed it gave up."""
        if self.landing is None:
            self.landing = asyncio.get_running_loop().create_future()
        return await asyncio.shield(self.landing)

    def land(self, result: T | None) -> None:
        if self.landing is not None and not self.landing.done():
            self.landing.set_result(result)


class Sharing(Generic[T]):
    """Executions in flight, by what makes two requests the same.

    The first of them executes in its own task, with its own limits; those that come meanwhile wait for its result,
    each under their own limits. When the first one is cancelled or fails, the next takes over.
    """

    def __init__(self) -> None:
        self.stats = SharingStats()
        self._flights: dict[Hashable, _Flight[T]] = {}

    async def run(self, key: Hashable, execute: Callable[[], Awaitable[T]]) -> T:
        """The result of an execution that was under way when this was called, or else of this one."""
        while (flight := self._flights.get(key)) is not None:
            result = await flight.wait()
            if result is not None:
                self.stats.shared += 1
                return result
        self.stats.executed += 1
        flight = self._flights[key] = _Flight()
        result = None
        try:
            result = await execute()
            return result
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]
            flight.land(result)

    def in_flight(self, key: Hashable) -> bool:
        """Whether a request with this key would wait for another."""
        return key in self._flights

    def close_to_newcomers(self) -> None:
        """Let nobody join what is under way now: a mutation may have made it out of date."""
        self._flights.clear()
