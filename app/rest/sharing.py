"""Identical reads that are asked for at the same time, answered by one call."""

import asyncio
import math
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

from app.rest.answer import NoAnswerError, OutOfTimeError, TransportError
from app.rest.caller import Deadline

T = TypeVar("T")

Begin: TypeAlias = Callable[[], Coroutine[Any, Any, T]]


class Flight(Generic[T]):
    """A call under way and those who wait for its result."""

    def __init__(self, call: Coroutine[Any, Any, T], seconds: float, ends_at: float) -> None:
        loop = asyncio.get_running_loop()
        self.ends_at = ends_at
        self.waiters: set[asyncio.Future[T]] = set()
        self.task = loop.create_task(call)
        self._limit = loop.call_later(seconds, self._run_out_of_time)
        self._fate_if_cancelled: TransportError = NoAnswerError.closed()

    def land(self) -> None:
        """Give everyone who still waits what the call came to."""
        self._limit.cancel()
        if self.task.cancelled():
            self._fail(self._fate_if_cancelled)
        elif error := self.task.exception():
            self._fail(error)
        else:
            result = self.task.result()
            for waiter in self.waiters:
                if not waiter.done():
                    waiter.set_result(result)

    def _run_out_of_time(self) -> None:
        self._fate_if_cancelled = OutOfTimeError(by_deadline=False)
        self.task.cancel()

    def _fail(self, error: BaseException) -> None:
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_exception(error)


class Flights(Generic[T]):
    """The calls under way, by what they ask for; each may take `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._open: dict[Hashable, Flight[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()

    async def join(self, key: Hashable, begin: Begin[T], deadline: Deadline | None) -> tuple[T, bool]:
        """The result for this key, and whether it came from a call that was already under way.

        `deadline` is given when it comes before the calls' own limit. A call begun under an earlier one is not joined:
        its backend was told to give up sooner. Raises `OutOfTimeError`. The call is cancelled once everyone has left.
        """
        ends_at = deadline.at if deadline else math.inf
        flight = self._open.get(key)
        is_joined = flight is not None and flight.ends_at >= ends_at
        if flight is None or not is_joined:
            flight = self._begin(key, begin, ends_at)
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        flight.waiters.add(waiter)
        timer = loop.call_later(deadline.remaining(), _give_up, waiter) if deadline else None
        try:
            return await waiter, is_joined
        finally:
            if timer is not None:
                timer.cancel()
            flight.waiters.discard(waiter)
            if not flight.waiters and not flight.task.done():
                self._close(key, flight)
                flight.task.cancel()

    def close_to_newcomers(self) -> None:
        """Let nobody join what is under way now: a write may have made it out of date."""
        self._open.clear()

    async def aclose(self) -> None:
        """Cancel what is under way; whoever waits for it gets `NoAnswerError`."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, key: Hashable, begin: Begin[T], ends_at: float) -> Flight[T]:
        flight = self._open[key] = Flight(begin(), self._seconds, ends_at)
        self._tasks.add(flight.task)
        flight.task.add_done_callback(partial(self._land, key, flight))
        return flight

    def _land(self, key: Hashable, flight: Flight[T], task: asyncio.Task[T]) -> None:
        self._tasks.discard(task)
        self._close(key, flight)
        flight.land()

    def _close(self, key: Hashable, flight: Flight[T]) -> None:
        if self._open.get(key) is flight:
            del self._open[key]


def _give_up(waiter: asyncio.Future[Any]) -> None:
    if not waiter.done():
        waiter.set_exception(OutOfTimeError(by_deadline=True))
