"""Sharing: identical queries of one caller that are in flight at the same time are executed once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class SharingStats:
    """How many operations were executed, how many answered by another's execution, and how many wait for one."""

    executed: int = 0
    shared: int = 0
    waiting: int = 0


class Flight(Generic[T]):
    """An execution that is announced or under way, and those who wait for what comes of it."""

    __slots__ = ("_waiters",)

    def __init__(self) -> None:
        self._waiters: list[Callable[[T | None], None]] = []

    def attend(self, landed: Callable[[T | None], None]) -> None:
        """Have `landed` called with what comes of it; it must not raise."""
        self._waiters.append(landed)

    def land(self, result: T | None) -> None:
        """Tell those who wait, once."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter(result)


class Sharing(Generic[T]):
    """Executions in flight, by what makes two requests the same.

    The first of them executes in its own task, with its own limits; those that come meanwhile wait for its result.
    When the first one is cancelled or fails, they are told, and one of them takes over.
    """

    def __init__(self) -> None:
        self.stats = SharingStats()
        self._flights: dict[Hashable, Flight[T]] = {}

    async def join(self, key: Hashable) -> T | None:
        """What comes of the execution in flight; None when there is none, or when it came to nothing.

        Needs no time limit: the execution has one, and waiting for it costs next to nothing.
        """
        while (flight := self._flights.get(key)) is not None:
            waiter: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()
            flight.attend(partial(_settle, waiter))
            self.stats.waiting += 1
            try:
                result = await waiter
            finally:
                self.stats.waiting -= 1
            if result is not None:
                self.stats.shared += 1
                return result
        return None

    def attend(self, key: Hashable, landed: Callable[[T | None], None]) -> None:
        """Have `landed` called with what comes of the execution in flight, which there must be; it must not raise."""
        self.stats.waiting += 1
        self._flights[key].attend(partial(self._attended, landed))

    def _attended(self, landed: Callable[[T | None], None], result: T | None) -> None:
        self.stats.waiting -= 1
        self.stats.shared += result is not None
        landed(result)

    def announce(self, key: Hashable) -> Flight[T]:
        """A flight that others may join before its execution begins. It must be run, or ended with `end`."""
        flight = self._flights[key] = Flight()
        return flight

    def end(self, key: Hashable, flight: Flight[T], result: T | None = None) -> None:
        """Let a flight end, with a result or without; once it has ended this does nothing."""
        if self._flights.get(key) is flight:
            del self._flights[key]
        flight.land(result)

    async def run(self, key: Hashable, execute: Callable[[], Awaitable[T]], flight: Flight[T] | None = None) -> T:
        """The result of this execution, that of a flight which was announced, or of the one in flight before it."""
        if flight is None:
            joined = await self.join(key)
            if joined is not None:
                return joined
            flight = self.announce(key)
        self.stats.executed += 1
        result = None
        try:
            result = await execute()
            return result
        finally:
            self.end(key, flight, result)

    def in_flight(self, key: Hashable) -> bool:
        """Whether a request with this key would wait for another."""
        return key in self._flights

    def close_to_newcomers(self) -> None:
        """Let nobody join what is under way now: a mutation may have made it out of date."""
        self._flights.clear()


def _settle(waiter: "asyncio.Future[T]", result: T) -> None:
    if not waiter.done():
        waiter.set_result(result)
