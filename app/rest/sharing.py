"""Identical reads that are asked for at the same time, answered by one call."""

import asyncio
import math
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from app.rest.answer import NoAnswerError, OutOfTimeError
from app.rest.caller import Deadline

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Flight(Generic[T]):
    """A call under way and those who wait for its result."""

    task: asyncio.Task[T]
    ends_at: float
    waiters: set[asyncio.Future[T]] = field(default_factory=set)

    def land(self) -> None:
        """Give everyone who still waits what the call came to."""
        error: BaseException | None
        if self.task.cancelled():
            error = NoAnswerError("the client is closed", is_retryable=False)
        else:
            error = self.task.exception()
        for waiter in self.waiters:
            if waiter.done():
                continue
            if error is not None:
                waiter.set_exception(error)
            else:
                waiter.set_result(self.task.result())


class Flights(Generic[T]):
    """The calls under way, by what they ask for."""

    def __init__(self) -> None:
        self._by_key: dict[Hashable, Flight[T]] = {}
        self._under_way: set[asyncio.Task[T]] = set()

    async def join(
        self, key: Hashable, call: Callable[[], Coroutine[Any, Any, T]], deadline: Deadline | None
    ) -> tuple[T, bool]:
        """The result for this key, and whether it came from a call that was already under way.

        `deadline` is given when it comes before the service's own limit, which bounds the call itself. A call begun
        under an earlier deadline is not joined: its backend was told to give up sooner. Raises `OutOfTimeError` at the
        deadline. The call is cancelled once everyone has left.
        """
        ends_at = deadline.at if deadline else math.inf
        flight = self._by_key.get(key)
        is_joined = flight is not None and flight.ends_at >= ends_at
        if flight is None or not is_joined:
            flight = self._begin(key, ends_at, call)
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        flight.waiters.add(waiter)
        timer = loop.call_later(deadline.remaining(), _expire, waiter) if deadline else None
        try:
            return await waiter, is_joined
        finally:
            if timer is not None:
                timer.cancel()
            flight.waiters.discard(waiter)
            if not flight.waiters and not flight.task.done():
                self._forget(key, flight)
                flight.task.cancel()

    def close_to_newcomers(self) -> None:
        """Let nobody join what is under way now: a write may have made it out of date."""
        self._by_key.clear()

    async def aclose(self) -> None:
        """Cancel what is under way."""
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, key: Hashable, ends_at: float, call: Callable[[], Coroutine[Any, Any, T]]) -> Flight[T]:
        task = asyncio.get_running_loop().create_task(call())
        flight = Flight(task, ends_at)
        self._by_key[key] = flight
        self._under_way.add(task)

        def land(_: asyncio.Task[T]) -> None:
            self._under_way.discard(task)
            self._forget(key, flight)
            flight.land()

        task.add_done_callback(land)
        return flight

    def _forget(self, key: Hashable, flight: Flight[T]) -> None:
        if self._by_key.get(key) is flight:
            del self._by_key[key]


def _expire(waiter: asyncio.Future[Any]) -> None:
    if not waiter.done():
        waiter.set_exception(OutOfTimeError(by_deadline=True))
