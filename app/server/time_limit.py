"""The time limit of an operation, which ends early when the client has gone."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.types import Receive

from app.errors import DeadlineExceededError

T = TypeVar("T")

WATCH_AFTER_SECONDS = 0.05


class ClientDisconnected(Exception):  # noqa: N818 -- an event, not a mistake
    """The client has gone: nobody reads an answer."""


async def within(seconds: float, work: Awaitable[T], *, client: Receive | None = None) -> T:
    """What the work gives, which is cancelled after so many seconds, or when the client goes.

    `client` is the ASGI receive of a request whose body was read; without one, the work goes on when the client
    has gone. Raises `DeadlineExceededError` or `ClientDisconnected`.
    """
    watch: _Watch | None = None
    try:
        async with asyncio.timeout(None) as limit:
            watch = _Watch(limit, seconds, client)
            try:
                return await work
            finally:
                watch.stop()
    except TimeoutError as error:
        if watch is not None and watch.client_left:
            raise ClientDisconnected from error
        if limit.expired():
            raise DeadlineExceededError(f"The request took longer than {seconds:g} seconds.") from error
        raise


class _Watch:
    """Sets a time limit, and ends it when the client goes.

    It begins only once the work has taken a while: most requests never pay for more than one timer.
    """

    def __init__(self, limit: asyncio.Timeout, seconds: float, client: Receive | None) -> None:
        self.client_left = False
        self._limit = limit
        self._client = client
        self._task: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        self._ends_at = loop.time() + seconds
        self._timer = loop.call_later(min(WATCH_AFTER_SECONDS, seconds), self._begin)

    def stop(self) -> None:
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _begin(self) -> None:
        self._limit.reschedule(self._ends_at)
        if self._client is not None:
            self._task = asyncio.create_task(self._look(self._client))

    async def _look(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.client_left = True
        if not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time())
