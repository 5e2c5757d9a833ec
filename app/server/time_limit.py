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
    watch: _DisconnectWatch | None = None
    try:
        async with asyncio.timeout(seconds) as limit:
            if client is None:
                return await work
            watch = _DisconnectWatch(client, limit)
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


class _DisconnectWatch:
    """Expires a time limit when the client goes.

    Looks only once the work has taken a while: a task for every request would cost more than most requests take.
    """

    def __init__(self, receive: Receive, limit: asyncio.Timeout) -> None:
        self.client_left = False
        self._receive = receive
        self._limit = limit
        self._task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_SECONDS, self._start)

    def stop(self) -> None:
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _start(self) -> None:
        self._task = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.client_left = True
        self._limit.reschedule(asyncio.get_running_loop().time())
