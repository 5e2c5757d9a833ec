"""Places: how many calls may be under way to one service, and how many may wait for their turn."""

import asyncio
from collections import OrderedDict

from app.rest.answer import CrowdedError, NoAnswerError
from app.rest.call import Stats


class Places:
    """At most `limit` calls at once, then a line of at most `max_waiting`, served in the order they came.

    Waiting has no time limit of its own: cancel it. While anybody waits no place is free, so nobody is overtaken.
    """

    def __init__(self, limit: int, max_waiting: int, stats: Stats) -> None:
        self._free = limit
        self._max_waiting = max_waiting
        self._stats = stats
        self._waiters: OrderedDict[asyncio.Future[None], None] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiters)

    def take(self) -> bool:
        """Take a place if one is free, without waiting."""
        if self._free:
            self._free -= 1
            return True
        return False

    async def wait(self) -> None:
        """Take a place once it is there. Raises `CrowdedError` when too many wait already."""
        if len(self._waiters) >= self._max_waiting:
            self._stats.queue_refused += 1
            raise CrowdedError
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = None
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter in self._waiters:
                del self._waiters[waiter]
            elif not waiter.cancelled() and waiter.exception() is None:
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place back: to the first in line, or to whoever comes."""
        while self._waiters:
            waiter, _ = self._waiters.popitem(last=False)
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1

    def close(self) -> None:
        """Send away everybody who waits, with `NoAnswerError`."""
        while self._waiters:
            waiter, _ = self._waiters.popitem()
            if not waiter.done():
                waiter.set_exception(NoAnswerError.closed())

    async def __aenter__(self) -> None:
        if not self.take():
            await self.wait()

    async def __aexit__(self, *_: object) -> None:
        self.leave()
