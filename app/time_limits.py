"""Time limits on awaited work. One timer looks after all of them, as most work ends long before its limit."""

import asyncio
import math
from collections.abc import Awaitable
from typing import Final, TypeVar

T = TypeVar("T")

RESOLUTION_SECONDS: Final = 0.005
"""Limits that end so shortly one after the other end together, as the timers of event loops do."""


class Limit:
    """A time limit on what one task awaits: once it rings, the task is cancelled, and that is a `TimeoutError`.

    `rings_at` is in the time of the event loop.
    """

    __slots__ = ("has_ended", "rings_at", "task")

    def __init__(self, rings_at: float) -> None:
        self.rings_at = rings_at
        self.has_ended = False
        self.task: asyncio.Task[object] | None = None

    def ring(self) -> float | None:
        """What is done at `rings_at`; when to ring again, if at all."""
        self.end()
        return None

    def end(self) -> None:
        """Cancel the work."""
        if not self.has_ended and self.task is not None:
            self.has_ended = True
            self.task.cancel()


class TimeLimits:
    """The limits of one event loop: that of the first call.

    To begin and end one costs an entry in a dictionary. It does not even cost asking for the running loop, which
    asks the system for the id of the process.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._limits: dict[Limit, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = math.inf

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        """What the work comes to. Once `seconds` have passed, it is cancelled and `TimeoutError` raised."""
        return await self.hold(Limit(self.loop.time() + seconds), work)

    async def hold(self, limit: Limit, work: Awaitable[T]) -> T:
        """What the work comes to, unless the limit ends it before: then `TimeoutError` is raised."""
        task = limit.task = asyncio.current_task(self.loop)
        assert task is not None, "only a task can be limited"
        cancelling = task.cancelling()
        self._limits[limit] = None
        if limit.rings_at < self._rings_at:
            self._wait(limit.rings_at)
        try:
            return await work
        except asyncio.CancelledError as error:
            if limit.has_ended and task.cancelling() - 1 <= cancelling:
                raise TimeoutError from error
            raise
        finally:
            self._limits.pop(limit, None)
            if limit.has_ended:
                task.uncancel()
            limit.task = None
            del task  # which refers to what has ended it, and so to this

    def _wait(self, rings_at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = rings_at
        self._timer = self.loop.call_at(rings_at, self._ring) if rings_at < math.inf else None

    def _ring(self) -> None:
        now = self.loop.time() + RESOLUTION_SECONDS
        for limit in [limit for limit in self._limits if limit.rings_at <= now]:
            again = limit.ring()
            if again is None:
                del self._limits[limit]
            else:
                limit.rings_at = again
        self._timer = None
        self._wait(min((limit.rings_at for limit in self._limits), default=math.inf))
